-- 26 payments, all by one credit card, have no date and are in no month.
SELECT substr(payment_date, 1, 7) AS month, control_total(money(amount)) AS total
FROM target.payment
WHERE payment_date <> ''
GROUP BY substr(payment_date, 1, 7)
