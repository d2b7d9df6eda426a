SELECT serial AS voucher, money(amount) AS amount, memo, memo FROM flow
