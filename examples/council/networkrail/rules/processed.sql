SELECT
  payment_date,
  CASE WHEN amount <> '' THEN money(amount) END            AS amount,
  unit,
  beneficiary
FROM payment
