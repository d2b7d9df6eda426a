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
-- Those figures as a table: what a leg takes of each. Read down a direction: in every column the
-- debits are as many as the credits, so every voucher balances.
leg(direction, leg, side, amounts, fees, coupons) AS (
  VALUES
    ('1', 1, 'CREDIT', 1,  0, 0),
    ('1', 2, 'DEBIT',  1,  1, 0),
    ('1', 3, 'CREDIT', 0,  1, 0),
    ('2', 1, 'DEBIT',  1,  0, 0),
    ('2', 2, 'CREDIT', 1, -1, 1),
    ('2', 3, 'CREDIT', 0,  1, 0),
    ('2', 4, 'DEBIT',  0,  0, 1)
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
-- All legs that a code can have. The codes were numbered anew in July 2011: the accounting date
-- decides what one means.
scheme AS (
  SELECT
    code.type_code,
    code.direction,
    customer.owner,
    code.valid_from,
    coalesce(code.valid_to, DATE '9999-12-31')                                   AS valid_to,
    leg.leg,
    leg.side,
    CAST(leg.amounts AS DECIMAL(1, 0))                                           AS amounts,
    CAST(leg.fees AS DECIMAL(1, 0))                                              AS fees,
    CAST(leg.coupons AS DECIMAL(1, 0))                                           AS coupons,
    CASE leg.leg
      WHEN 1 THEN customer.subject
      WHEN 2 THEN other_side.subject
      WHEN 3 THEN '6021'
      ELSE '6601'
    END                                                                          AS subject,
    CASE leg.leg WHEN 1 THEN 'CUSTOMER' WHEN 2 THEN other_side.holder ELSE 'HOUSE' END AS holder
  FROM type_code AS code
  JOIN other_side ON other_side.kind = code.kind
  JOIN leg ON leg.direction = code.direction
  CROSS JOIN customer
),
dated AS (
  SELECT
    serial,
    type_code,
    direction,
    substr(account, 1, 1)         AS owner,
    account,
    channel,
    counterparty,
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
    scheme.side,
    scheme.holder,
    -- What nobody named stands in suspense; its voucher says why.
    CASE
      WHEN scheme.subject = '6301' AND dated.counterparty IS NULL THEN '2241'
      ELSE scheme.subject
    END AS subject,
    dated.amount * scheme.amounts + dated.fee * scheme.fees + dated.coupon * scheme.coupons AS moved
  FROM dated
  JOIN scheme
    ON scheme.type_code = dated.type_code
   AND scheme.direction = dated.direction
   AND scheme.owner = dated.owner
   AND dated.accounting_date BETWEEN scheme.valid_from AND scheme.valid_to
)
SELECT
  serial                                                                         AS voucher,
  leg,
  subject,
  CASE holder WHEN 'CUSTOMER' THEN account WHEN 'CHANNEL' THEN channel END       AS account,
  CAST(CASE WHEN side = 'DEBIT' THEN moved ELSE money('0') END AS DECIMAL(18, 2))  AS debit,
  CAST(CASE WHEN side = 'CREDIT' THEN moved ELSE money('0') END AS DECIMAL(18, 2)) AS credit,
  accounting_date,
  -- By it the two halves of an order find each other in transit, and its lines at the bank.
  CASE WHEN leg = 2 THEN order_id END                                            AS order_id
FROM posted
WHERE leg = 1 OR moved <> 0
