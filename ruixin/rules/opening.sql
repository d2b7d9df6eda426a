-- What every account held when the flow begins, on 2010-01-01: customers are owed, the reserve owes.
SELECT
  CASE owner WHEN 'U' THEN '2001' WHEN 'M' THEN '2002' ELSE '1009' END      AS subject,
  account,
  CASE WHEN opening_balance < 0 THEN -opening_balance ELSE money('0') END   AS debit,
  CASE WHEN opening_balance > 0 THEN opening_balance ELSE money('0') END    AS credit
FROM account
WHERE opening_balance <> 0
