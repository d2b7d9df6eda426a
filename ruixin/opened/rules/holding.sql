-- The shares that users subscribed, hundredths at 1.00. They earn from the day on which they are confirmed.
SELECT
  CAST(holder AS VARCHAR)                  AS account,
  CAST(money(CAST(shares AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS amount,
  CAST(money(CAST(shares AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS shares,
  CAST(CAST(subscribed_on AS INT) AS DATE) AS subscribed_on,
  CAST(CAST(confirmed_on AS INT) AS DATE)  AS confirmed_on,
  CAST(CAST(confirmed_on AS INT) AS DATE)  AS income_from
FROM opening_holding
