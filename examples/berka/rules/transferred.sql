-- What the bank booked.
SELECT
  trans_id,
  account_id,
  account             AS payee,
  bank,
  money(amount)       AS amount
FROM trans
WHERE operation = 'PREVOD NA UCET'
