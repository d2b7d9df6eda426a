-- By month of payment, whatever file a payment is in; 17 records of later years have no date.
SELECT substr(payment_date, 1, 7) AS month, control_total(money(amount)) AS total
FROM (
  SELECT payment_date, amount FROM target.payment
  UNION ALL
  SELECT payment_date, amount FROM target.payment_without_source
)
WHERE payment_date LIKE '____-__-__'
GROUP BY substr(payment_date, 1, 7)
