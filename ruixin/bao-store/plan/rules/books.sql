-- What the books hold of the last day that is distributed. They keep hundredths and fen, and count days
-- since 1970-01-01.
SELECT
  CAST(holder AS VARCHAR)                                  AS account,
  CAST(CAST(day AS INT) AS DATE)                           AS day,
  money(CAST(shares AS DECIMAL(20, 0)) * money('0.01')) AS shares,
  money(CAST(income AS DECIMAL(20, 0)) * money('0.01')) AS income
FROM income
WHERE day = (SELECT max(day) FROM day WHERE stage >= 3)
