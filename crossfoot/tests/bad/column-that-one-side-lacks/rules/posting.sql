SELECT serial AS voucher, amount, memo, '1' AS leg FROM flow
