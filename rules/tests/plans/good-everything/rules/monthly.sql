SELECT month, control_total(amount) AS total
FROM target.payment
GROUP BY month
