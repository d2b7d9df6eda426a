-- The postings: each flow record becomes a voucher of two to four legs.
--
-- A record says what one customer's account moved by, and nothing of the other accounts. What they
-- move by follows from three figures that every record has:
--
--   comes in ('1')   leg 1  Cr customer  amount        leg 2  Dr other side  amount + fee
--   goes out ('2')   leg 1  Dr customer  amount        leg 2  Cr other side  amount - fee + coupon
--   either           leg 3  Cr income    fee           leg 4  Dr marketing   coupon
--
-- A red entry (红字) keeps its side and is below zero. DECIMAL(18, 2) is a whole number of fen in
-- the file. Only small tables are joined, so that any part of the flow converts by itself.
WITH
-- Those figures as a table: on which side a leg stands, and what it takes of each. Read down a
-- direction: in every column the debits are as many as the credits, so every voucher balances.
leg(direction, leg, is_debit, is_credit, amounts, fees, coupons) AS (
  VALUES
    ('1', 1, 0, 1, 1,  0, 0),
    ('1', 2, 1, 0, 1,  1, 0),
    ('1', 3, 0, 1, 0,  1, 0),
    ('2', 1, 1, 0, 1,  0, 0),
    ('2', 2, 0, 1, 1, -1, 1),
    ('2', 3, 0, 1, 0,  1, 0),
    ('2', 4, 1, 0, 0,  0, 1)
),
-- The other side of each kind of movement: its subject, and whose sub-account of it.
other_side(kind, subject, holder) AS (
  VALUES
    ('TOPUP',          '1002', 'CHANNEL'),
    ('QUICK_TOPUP',    '1002', 'CHANNEL'),
    ('MERCHANT_COVER', '1002', 'CHANNEL'),
    ('WITHDRAWAL',     '1002', 'CHANNEL'),
    ('REVERSAL',       '1002', 'CHANNEL'),
    ('FREEZE',         '2003', 'CUSTOMER'),
    ('UNFREEZE',       '2003', 'CUSTOMER'),
    ('PAYMENT_OUT',    '2201', 'HOUSE'),
    ('PAYMENT_IN',     '2201', 'HOUSE'),
    ('TRANSFER_OUT',   '2201', 'HOUSE'),
    ('TRANSFER_IN',    '2201', 'HOUSE'),
    ('REFUND_OUT',     '2201', 'HOUSE'),
    ('REFUND_IN',      '2201', 'HOUSE'),
    ('ESCROW_PAYMENT', '2202', 'HOUSE'),
    ('ESCROW_RELEASE', '2202', 'HOUSE'),
    ('ESCROW_RETURN',  '2202', 'HOUSE'),
    ('BONUS',          '6601', 'HOUSE'),
    ('SERVICE_FEE',    '6021', 'HOUSE'),
    ('ADJUSTMENT',     '6301', 'HOUSE')
),
-- Users are owed by one subject, merchants by another; an account's first digit tells which it is.
customer(owner, subject) AS (VALUES ('6', '2001'), ('7', '2002')),
-- What was booked by hand and names nobody stands in suspense; its voucher says why.
named(is_named) AS (VALUES (TRUE), (FALSE)),
-- All legs that a code can have. The codes were numbered anew in July 2011: the accounting date
-- decides what one means. Small tables are joined by equality or crossed, nothing else: so this
-- stays the side that is held in memory, and the flow streams by.
scheme AS (
  SELECT
    code.type_code,
    code.direction,
    customer.owner,
    named.is_named,
    -- A database without a type for days, such as SQLite, gives them as text.
    CAST(code.valid_from AS DATE)               AS valid_from,
    coalesce(CAST(code.valid_to AS DATE), DATE '9999-12-31') AS valid_to,
    leg.leg,
    CAST(leg.is_debit AS DECIMAL(1, 0))         AS is_debit,
    CAST(leg.is_credit AS DECIMAL(1, 0))        AS is_credit,
    CAST(leg.amounts AS DECIMAL(1, 0))          AS amounts,
    CAST(leg.fees AS DECIMAL(1, 0))             AS fees,
    CAST(leg.coupons AS DECIMAL(1, 0))          AS coupons,
    CASE
      WHEN leg.leg = 1 THEN customer.subject
      WHEN leg.leg = 3 THEN '6021'
      WHEN leg.leg = 4 THEN '6601'
      WHEN code.kind = 'ADJUSTMENT' AND NOT named.is_named THEN '2241'
      ELSE other_side.subject
    END                                         AS subject,
    CASE leg.leg
      WHEN 1 THEN 'CUSTOMER'
      WHEN 2 THEN other_side.holder
      ELSE 'HOUSE'
    END                                         AS holder
  FROM type_code AS code
  JOIN other_side ON other_side.kind = code.kind
  JOIN leg ON leg.direction = code.direction
  CROSS JOIN customer
  CROSS JOIN named
),
dated AS (
  SELECT
    serial,
    type_code,
    direction,
    substr(account, 1, 1)         AS owner,
    counterparty IS NOT NULL      AS is_named,
    account,
    channel,
    order_id,
    amount,
    fee,
    coalesce(coupon, money('0'))  AS coupon,
    -- The accounting day changes at 23:00.
    business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date
  FROM flow
),
posted AS (
  SELECT
    dated.*,
    scheme.leg,
    scheme.is_debit,
    scheme.is_credit,
    scheme.subject,
    scheme.holder,
    dated.amount * scheme.amounts + dated.fee * scheme.fees + dated.coupon * scheme.coupons AS moved
  FROM dated
  JOIN scheme
    ON scheme.type_code = dated.type_code
   AND scheme.direction = dated.direction
   AND scheme.owner = dated.owner
   AND scheme.is_named = dated.is_named
   AND dated.accounting_date BETWEEN scheme.valid_from AND scheme.valid_to
)
SELECT
  serial                                                    AS voucher,
  leg,
  subject,
  CASE holder
    WHEN 'CUSTOMER' THEN account
    WHEN 'CHANNEL' THEN channel
  END                                                       AS account,
  CAST(moved * is_debit AS DECIMAL(18, 2))                  AS debit,
  CAST(moved * is_credit AS DECIMAL(18, 2))                 AS credit,
  accounting_date,
  -- By it the two halves of an order find each other in transit, and its lines at the bank.
  CASE WHEN leg = 2 THEN order_id END                       AS order_id
FROM posted
WHERE leg = 1 OR moved <> 0
