-- What the ledger must hold of each record of the wallet.
SELECT
  serial                                   AS voucher,
  concat('W-', substr(user_id, 2))         AS account,
  CASE code
    WHEN '01' THEN 'TOPUP'
    WHEN '02' THEN 'PAYMENT'
    WHEN '03' THEN 'REFUND'
    WHEN '04' THEN 'WITHDRAWAL'
    WHEN '05' THEN 'INCOME'
  END                                      AS kind,
  local_time(happened_at, 'Asia/Shanghai') AS booked_at,
  -- The accounting day changes at 23:00.
  business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
  CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END         AS amount
FROM flow
