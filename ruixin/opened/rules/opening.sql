-- What the accounts of users and merchants opened with, and what stands frozen of it: credits less
-- debits, which are fen. Where nothing stands frozen any more there is an account all the same.
SELECT
  CAST(subject AS VARCHAR) AS subject,
  CAST(number AS VARCHAR)  AS account,
  CAST(money(CAST(credits - debits AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS balance
FROM opening
WHERE subject IN (2001, 2002)
   OR (subject = 2003 AND credits <> debits)
