-- What the target does hold. Some months kept the no-break space behind a name, some lost it.
SELECT
  to_date(payment_date, '%Y-%m-%d')                        AS payment_date,
  money(amount)                                            AS amount,
  btrim(unit, concat(' ', chr(13), chr(160)))              AS unit,
  btrim(beneficiary, concat(' ', chr(13), chr(160)))       AS beneficiary
FROM payment
