-- What the ledger does hold. A CSV holds text: this says what it means.
SELECT
  voucher,
  account,
  kind,
  CAST(booked_at AS TIMESTAMP)             AS booked_at,
  CAST(accounting_date AS DATE)            AS accounting_date,
  money(amount)                            AS amount
FROM posting
