-- To 18 decimals: three amounts of 2015 are what a spreadsheet left of zero, such as 9.09495E-13.
-- 47 records hold no number where the amount should be, 5 no date: they are in no total.
SELECT substr(payment_date, 1, 7) AS month, control_total(
  CASE WHEN amount LIKE '%E-13'
       THEN money(split_part(amount, 'E', 1), 5) * money('0.0000000000001', 13)
       ELSE money(amount, 18) END)  AS total
FROM (
  SELECT payment_date, amount FROM target.payment
  UNION ALL
  SELECT payment_date, amount FROM target.payment_without_source
)
WHERE payment_date LIKE '____-__-__'
  AND regexp_like(amount, '^-?[0-9]+([.][0-9]+)?(E-13)?$')
GROUP BY substr(payment_date, 1, 7)
