-- What was under way when the books were opened: withdrawals, holds, payments into escrow.
SELECT
  item,
  CASE kind WHEN 'W' THEN 'WITHDRAWAL' WHEN 'H' THEN 'HOLD' ELSE 'ESCROW' END AS kind,
  CAST(number AS VARCHAR)   AS account,
  CAST(merchant AS VARCHAR) AS merchant,
  channel,
  CAST(money(CAST(amount AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS amount,
  CAST(money(CAST(fee AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2))    AS fee,
  CAST(money(CAST(coupon AS DECIMAL(20, 0)) * money('0.01')) AS DECIMAL(18, 2)) AS coupon
FROM open_item
WHERE kind <> 'P'
