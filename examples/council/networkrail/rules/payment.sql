-- What the target must hold: every line, the grand totals at the end of 51 files among them.
SELECT
  gl_date                                                  AS payment_date,
  money(spend)                                             AS amount,
  category                                                 AS unit,
  supplier                                                 AS beneficiary
FROM paid
