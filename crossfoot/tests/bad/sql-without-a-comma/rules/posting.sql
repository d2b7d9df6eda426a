SELECT
  serial AS voucher
  money(amount) AS amount,
  memo
FROM flow
