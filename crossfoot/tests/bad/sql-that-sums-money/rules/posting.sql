SELECT
  serial AS voucher,
  sum(money(amount)) AS amount,
  min(memo) AS memo
FROM flow GROUP BY serial
