-- What every account held when the flow begins, on 2010-01-01: customers are owed, and the reserve
-- is what the house had for them at the banks.
SELECT
  CASE owner WHEN 'U' THEN '2001' WHEN 'M' THEN '2002' ELSE '1009' END                       AS subject,
  account,
  CAST(CASE WHEN opening_balance < 0 THEN -opening_balance ELSE money('0') END AS DECIMAL(18, 2)) AS debit,
  CAST(CASE WHEN opening_balance > 0 THEN opening_balance ELSE money('0') END AS DECIMAL(18, 2))  AS credit
FROM account
WHERE opening_balance <> 0
  -- Of the house only the reserve existed; another opening balance is missed by the controls.
  AND (owner <> 'H' OR class = 'RESERVE')
