-- The accounts of customers and of the house, each under its subject of the chart.
WITH subject_of(owner, class, subject) AS (
  VALUES
    ('U', NULL,        '2001'),
    ('M', NULL,        '2002'),
    ('H', 'CHANNEL',   '1002'),
    ('H', 'TRANSIT',   '2201'),
    ('H', 'ESCROW',    '2202'),
    ('H', 'FEES',      '6021'),
    ('H', 'MARKETING', '6601'),
    ('H', 'SUSPENSE',  '2241'),
    ('H', 'OPERATING', '6301'),
    ('H', 'RESERVE',   '1009')
)
SELECT
  account.account,
  subject_of.subject,
  CASE account.owner WHEN 'U' THEN 'USER' WHEN 'M' THEN 'MERCHANT' ELSE 'HOUSE' END AS owner,
  account.name,
  CASE WHEN account.owner = 'M' THEN account.class END                           AS rate_class,
  account.channel,
  local_time(account.opened_at, 'Asia/Shanghai')                                 AS opened_at,
  status_code.word                                                               AS status
FROM account
JOIN subject_of
  ON subject_of.owner = account.owner
 AND (subject_of.class = account.class OR subject_of.class IS NULL)
JOIN status_code
  ON status_code.table_name = 'account'
 AND status_code.code = account.status
