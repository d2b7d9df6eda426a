SELECT substr(payment_date, 1, 7) AS month, control_total(money(amount)) AS total
FROM target.payment
GROUP BY substr(payment_date, 1, 7)
