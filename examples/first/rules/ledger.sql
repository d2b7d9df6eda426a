-- What the ledger does hold. A CSV holds text: this says what it means.
SELECT
  voucher,
  account,
  kind,
  local_time(booked_at, 'UTC')             AS booked_at,
  CAST(accounting_date AS DATE)            AS accounting_date,
  money(amount)                            AS amount
FROM posting
