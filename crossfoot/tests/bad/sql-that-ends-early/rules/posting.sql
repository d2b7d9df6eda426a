SELECT serial AS voucher, money(amount AS amount FROM flow
