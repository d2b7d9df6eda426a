-- What the orders say of each transfer: bank and amount. An account has one order for each payee.
SELECT
  t.trans_id,
  o.account_id,
  o.account_to        AS payee,
  o.bank_to           AS bank,
  money(o.amount)     AS amount
FROM trans t
JOIN standing_order o ON o.account_id = t.account_id AND o.account_to = t.account
WHERE t.operation = 'PREVOD NA UCET'
