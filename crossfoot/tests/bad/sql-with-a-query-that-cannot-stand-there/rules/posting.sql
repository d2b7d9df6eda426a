SELECT
  f.serial AS voucher,
  money(f.amount) AS amount,
  (SELECT g.memo FROM flow AS g WHERE g.serial = f.serial ORDER BY g.memo LIMIT 1) AS memo
FROM flow AS f
