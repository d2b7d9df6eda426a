SELECT f.serial AS voucher, money(f.amount) AS amount, memo
FROM flow AS f JOIN flow AS g ON f.serial = g.serial
