-- What the file says.
SELECT
  account,
  CAST(day AS DATE) AS day,
  money(shares)     AS shares,
  money(income)     AS income
FROM register
