SELECT serial AS voucher, money(amount, 99) AS amount, memo
FROM flow
