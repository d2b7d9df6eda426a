-- What the target must hold of each payment. In four files the directorate was taken for the unit.
-- Letters beyond ASCII count as one mark: the third party encoded them twice (strict.toml lists those).
SELECT
  cleared                                                  AS payment_date,
  money(amount)                                            AS amount,
  CASE WHEN _file IN ('clean/2014-P11.csv', 'clean/2014-P12.csv', 'clean/2016-P01.csv', 'clean/2016-P02.csv')
       THEN directorate ELSE account END                   AS unit,
  regexp_replace(vendor, '[^ -~]+', '?', 'g')              AS beneficiary
FROM paid
