-- The vouchers: what each flow record says beside its amounts, which are in `posting`.
WITH dated AS (
  SELECT
    flow.*,
    local_time(happened_at, 'Asia/Shanghai') AS booked_at,
    -- The accounting day changes at 23:00.
    business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date
  FROM flow
)
SELECT
  dated.serial                         AS voucher,
  type_code.kind,
  status_code.word                     AS status,
  dated.booked_at,
  dated.accounting_date,
  dated.order_id,
  dated.counterparty,
  -- Why one side of it stands in suspense.
  CASE
    WHEN type_code.kind = 'ADJUSTMENT' AND dated.counterparty IS NULL THEN 'NO_COUNTERPARTY'
  END                                  AS suspense_reason,
  dated.memo
FROM dated
JOIN type_code
  ON type_code.type_code = dated.type_code
 AND type_code.direction = dated.direction
 AND dated.accounting_date BETWEEN CAST(type_code.valid_from AS DATE)
                               AND coalesce(CAST(type_code.valid_to AS DATE), DATE '9999-12-31')
JOIN status_code
  ON status_code.table_name = 'flow'
 AND status_code.code = dated.status
