-- The payments of which something can still be given back: those that were paid at once, by what the
-- payer gave himself, less what he got back. A fee stays with the house, and a coupon too.
SELECT
  order_id,
  payer,
  payee                                AS merchant,
  CAST(amount - coalesce(coupon, money('0')) AS DECIMAL(18, 2)) AS amount,
  CAST(refunded AS DECIMAL(18, 2))     AS refunded
FROM orders
WHERE order_type = 'P'
  AND status IN ('2', '5')
  AND amount - coalesce(coupon, money('0')) > refunded
