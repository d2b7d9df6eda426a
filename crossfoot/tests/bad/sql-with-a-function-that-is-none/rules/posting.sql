SELECT serial AS voucher, geld(amount) AS amount, memo FROM flow
