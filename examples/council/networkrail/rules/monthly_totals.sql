-- Grand totals and the copyright line have no date and are in no month.
SELECT substr(payment_date, 1, 7) AS month, control_total(money(amount)) AS total
FROM target.payment
WHERE payment_date LIKE '____-__-__'
GROUP BY substr(payment_date, 1, 7)
