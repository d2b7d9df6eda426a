-- What the target must hold of each payment.
-- Letters beyond ASCII count as one mark: the third party encoded them twice (strict.toml lists those).
SELECT
  paid                                                     AS payment_date,
  money(amount)                                            AS amount,
  area                                                     AS unit,
  regexp_replace(supplier, '[^ -~]+', '?', 'g')            AS beneficiary
FROM paid
