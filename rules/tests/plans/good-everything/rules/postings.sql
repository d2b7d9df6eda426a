-- Every flow is one posting.
SELECT voucher, leg, money(amount) AS amount FROM flow
