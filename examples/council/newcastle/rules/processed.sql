-- What the target does hold. An amount that is no number is none; `written` shows it.
SELECT
  payment_date,
  CASE WHEN regexp_like(amount, '^-?[0-9]+([.][0-9]+)?$') THEN money(amount) END AS amount,
  unit,
  beneficiary,
  amount                                                   AS written
FROM payment
