SELECT
  payment_date,
  money(amount)                                            AS amount,
  unit,
  regexp_replace(beneficiary, '[^ -~]+', '?', 'g')         AS beneficiary
FROM payment
