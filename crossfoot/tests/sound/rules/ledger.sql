SELECT voucher, money(amount) AS amount, memo FROM posting
