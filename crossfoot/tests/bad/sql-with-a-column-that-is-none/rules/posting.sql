SELECT
  serial AS voucher,
  money(amout) AS amount,
  memo
FROM flow
