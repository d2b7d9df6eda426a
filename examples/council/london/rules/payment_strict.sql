-- What the target must hold of each payment. In four files the directorate was taken for the unit.
SELECT
  cleared                                                  AS payment_date,
  money(amount)                                            AS amount,
  CASE WHEN _file IN ('2014-P11.csv', '2014-P12.csv', '2016-P01.csv', '2016-P02.csv')
       THEN directorate ELSE account END                   AS unit,
  vendor                                                   AS beneficiary
FROM paid
