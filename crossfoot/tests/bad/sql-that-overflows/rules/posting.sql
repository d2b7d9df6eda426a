SELECT serial AS voucher, money(amount) AS amount, memo
FROM flow
WHERE money(amount) < 9223372036854775807+1
