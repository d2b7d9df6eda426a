-- What the wallet owes its users (2001) and merchants (2002), and what of it stands frozen (2003).
SELECT subject, account, balance
FROM (
  SELECT CASE owner WHEN 'U' THEN '2001' ELSE '2002' END AS subject, account, balance
  FROM account
  WHERE owner <> 'H'
  UNION ALL
  SELECT '2003' AS subject, account, frozen AS balance
  FROM account
  WHERE frozen <> 0
) AS owed
