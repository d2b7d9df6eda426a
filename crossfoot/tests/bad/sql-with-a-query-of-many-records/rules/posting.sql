SELECT
  serial AS voucher,
  money(amount) AS amount,
  (SELECT memo FROM flow) AS memo
FROM flow
