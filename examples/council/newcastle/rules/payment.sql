-- What the target must hold: the amount, and how it is written.
-- One amount is what a spreadsheet left of zero, -3.46945E-18: in pence that is nothing.
SELECT
  paid                                                     AS payment_date,
  CASE WHEN total LIKE '%E-%' THEN money('0.00') ELSE money(total) END AS amount,
  directorate                                              AS unit,
  supplier                                                 AS beneficiary,
  total                                                    AS written
FROM paid
