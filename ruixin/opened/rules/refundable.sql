-- Payments of which something could be given back when the books were opened.
SELECT
  item                      AS order_id,
  CAST(number AS VARCHAR)   AS payer,
  CAST(merchant AS VARCHAR) AS merchant,
  CAST(money(CAST(amount AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS amount,
  CAST(money(CAST(done AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2))   AS refunded
FROM open_item
WHERE kind = 'P'
