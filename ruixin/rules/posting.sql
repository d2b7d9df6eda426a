-- What the ledger must hold of each flow record: a voucher of two to four legs.
--   leg 1  the customer's account: what comes in is credited, what goes out is debited
--   leg 2  the other side, by the type; what nobody named stands in suspense, with the reason
--   leg 3  the fee, to income
--   leg 4  the coupon, from marketing
-- Only small tables are joined, so any part of the flow converts by itself.
WITH dated AS (
  SELECT
    f.*,
    local_time(f.happened_at, 'Asia/Shanghai') AS booked_at,
    -- The accounting day changes at 23:00.
    business_date(local_time(f.happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date
  FROM flow AS f
),
-- The codes were numbered anew in July 2011: the day decides what one means.
typed AS (
  SELECT d.*, t.kind
  FROM dated AS d
  JOIN type_code AS t
    ON t.type_code = d.type_code AND t.direction = d.direction
   AND d.accounting_date >= t.valid_from
   AND d.accounting_date <= coalesce(t.valid_to, DATE '9999-12-31')
),
sided AS (
  SELECT
    t.*,
    coalesce(t.coupon, money('0')) AS subsidy,
    CASE
      WHEN t.kind IN ('TOPUP', 'QUICK_TOPUP', 'MERCHANT_COVER', 'WITHDRAWAL', 'REVERSAL') THEN '1002'
      WHEN t.kind IN ('ESCROW_PAYMENT', 'ESCROW_RELEASE', 'ESCROW_RETURN')                THEN '2202'
      WHEN t.kind IN ('FREEZE', 'UNFREEZE')                                               THEN '2003'
      WHEN t.kind = 'BONUS'                                                               THEN '6601'
      WHEN t.kind = 'ADJUSTMENT' AND t.counterparty IS NOT NULL                           THEN '6301'
      WHEN t.kind = 'ADJUSTMENT'                                                          THEN '2241'
      ELSE '2201'
    END AS other_subject
  FROM typed AS t
),
legs AS (
  SELECT
    s.*,
    l.leg,
    CASE l.leg
      WHEN 1 THEN s.amount
      WHEN 2 THEN CASE s.direction WHEN '1' THEN s.amount + s.fee ELSE s.amount + s.subsidy - s.fee END
      WHEN 3 THEN s.fee
      ELSE s.subsidy
    END AS moved,
    CASE
      WHEN l.leg = 1 THEN CASE s.direction WHEN '1' THEN 'CREDIT' ELSE 'DEBIT' END
      WHEN l.leg = 2 THEN CASE s.direction WHEN '1' THEN 'DEBIT' ELSE 'CREDIT' END
      WHEN l.leg = 3 THEN 'CREDIT'
      ELSE 'DEBIT'
    END AS side
  FROM sided AS s
  CROSS JOIN (VALUES (1), (2), (3), (4)) AS l(leg)
)
SELECT
  serial                                                         AS voucher,
  leg,
  CASE leg
    WHEN 1 THEN CASE substr(account, 1, 1) WHEN '6' THEN '2001' ELSE '2002' END
    WHEN 2 THEN other_subject
    WHEN 3 THEN '6021'
    ELSE '6601'
  END                                                            AS subject,
  CASE
    WHEN leg = 1 OR other_subject = '2003' THEN account
    WHEN leg = 2 THEN coalesce(channel, counterparty)
  END                                                            AS account,
  side,
  CASE WHEN side = 'DEBIT' THEN moved ELSE money('0') END        AS debit,
  CASE WHEN side = 'CREDIT' THEN moved ELSE money('0') END       AS credit,
  minor(moved)                                                   AS amount_fen,
  booked_at,
  accounting_date,
  order_id,
  CASE
    WHEN leg = 2 AND other_subject = '2241' THEN 'NO_COUNTERPARTY'
  END                                                            AS suspense_reason,
  memo
FROM legs
WHERE leg <= 2 OR moved <> 0
