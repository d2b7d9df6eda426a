-- The balance that the bank shows behind the same entries.
WITH entry AS (
  SELECT
    trans_id, account_id, date, k_symbol,
    CASE type WHEN 'PRIJEM' THEN money(amount) ELSE -money(amount) END AS moved,
    money(balance) AS balance
  FROM trans
),
day AS (
  SELECT
    account_id, date, count(*) AS entries, max(trans_id) AS trans_id, max(k_symbol) AS symbol,
    control_total(moved) AS moved, max(balance) AS balance
  FROM entry
  GROUP BY account_id, date
),
chain AS (
  SELECT
    *,
    lag(balance) OVER (PARTITION BY account_id ORDER BY date) AS before,
    lag(entries) OVER (PARTITION BY account_id ORDER BY date) AS entries_before
  FROM day
)
SELECT trans_id, date AS day, symbol, balance
FROM chain
WHERE entries = 1 AND entries_before = 1 AND date < '940331'
