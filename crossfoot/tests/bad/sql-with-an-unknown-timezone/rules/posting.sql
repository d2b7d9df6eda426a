SELECT
  serial AS voucher,
  money(amount) AS amount,
  CAST(local_time(memo, 'Asia/Shangai') AS VARCHAR) AS memo
FROM flow
