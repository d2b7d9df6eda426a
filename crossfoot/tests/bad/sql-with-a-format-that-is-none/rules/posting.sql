SELECT
  serial AS voucher,
  money(amount) AS amount,
  to_char(local_time(memo, 'UTC'), '%Q') AS memo
FROM flow
