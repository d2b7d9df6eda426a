-- What is under way at the freeze, and must come to its end in the new system: withdrawals that the bank
-- has not answered, what else is frozen, and payments into escrow that nobody has confirmed.
--
-- It is one record for each such order, by its number. The old flow does not say which freezing an
-- unfreezing ends, so what is held without an order is one record for each account, by the account's
-- number: all that is frozen and is for no withdrawal.
--
-- The three come from several tables, and each record is there once: so the rule runs as a whole.
WITH
-- The business day of the freeze. Fees are those of that day: it is what customers were told.
freeze(day) AS (VALUES (DATE '2013-05-27')),
withdrawal_rate AS (
  SELECT channel_rate.channel, channel_rate.rate, channel_rate.least, channel_rate.most
  FROM channel_rate
  CROSS JOIN freeze
  WHERE channel_rate.purpose = 'WITHDRAWAL'
    AND freeze.day BETWEEN CAST(channel_rate.valid_from AS DATE)
                       AND coalesce(CAST(channel_rate.valid_to AS DATE), DATE '9999-12-31')
),
escrow_rate AS (
  SELECT merchant_rate.class, merchant_rate.rate
  FROM merchant_rate
  CROSS JOIN freeze
  WHERE freeze.day BETWEEN CAST(merchant_rate.valid_from AS DATE)
                       AND coalesce(CAST(merchant_rate.valid_to AS DATE), DATE '9999-12-31')
),
withdrawal AS (
  SELECT order_id, payer, channel, amount
  FROM orders
  WHERE order_type = 'W' AND status = '1'
),
withdrawing AS (
  SELECT payer, control_total(amount) AS amount
  FROM withdrawal
  GROUP BY payer
)
SELECT DISTINCT item, kind, account, merchant, channel, amount, fee, coupon
FROM (
  SELECT
    withdrawal.order_id                  AS item,
    'WITHDRAWAL'                         AS kind,
    withdrawal.payer                     AS account,
    NULL                                 AS merchant,
    withdrawal.channel,
    CAST(withdrawal.amount AS DECIMAL(18, 2)) AS amount,
    -- The bank gets the amount without it; something always reaches the bank.
    CAST(least(
      greatest(least(round_half_up(withdrawal.amount * withdrawal_rate.rate, 2), withdrawal_rate.most), withdrawal_rate.least),
      withdrawal.amount - money('0.01')
    ) AS DECIMAL(18, 2))                 AS fee,
    CAST(money('0') AS DECIMAL(18, 2))   AS coupon
  FROM withdrawal
  JOIN withdrawal_rate ON withdrawal_rate.channel = withdrawal.channel
  UNION ALL
  SELECT
    account.account                      AS item,
    'HOLD'                               AS kind,
    account.account                      AS account,
    NULL                                 AS merchant,
    NULL                                 AS channel,
    CAST(account.frozen - coalesce(withdrawing.amount, money('0')) AS DECIMAL(18, 2)) AS amount,
    CAST(money('0') AS DECIMAL(18, 2))   AS fee,
    CAST(money('0') AS DECIMAL(18, 2))   AS coupon
  FROM account
  LEFT JOIN withdrawing ON withdrawing.payer = account.account
  WHERE account.frozen > coalesce(withdrawing.amount, money('0'))
  UNION ALL
  SELECT
    orders.order_id                      AS item,
    'ESCROW'                             AS kind,
    orders.payer                         AS account,
    orders.payee                         AS merchant,
    NULL                                 AS channel,
    CAST(orders.amount AS DECIMAL(18, 2)) AS amount,
    -- The merchant gets the amount without it.
    CAST(round_half_up(orders.amount * escrow_rate.rate, 2) AS DECIMAL(18, 2)) AS fee,
    -- What the house has added to the payment.
    CAST(coalesce(orders.coupon, money('0')) AS DECIMAL(18, 2)) AS coupon
  FROM orders
  JOIN account ON account.account = orders.payee
  JOIN escrow_rate ON escrow_rate.class = account.class
  WHERE orders.status = '6'
) AS under_way
