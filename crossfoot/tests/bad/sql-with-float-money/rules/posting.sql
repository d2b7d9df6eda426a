SELECT serial AS voucher, CAST(amount AS DOUBLE) AS amount, memo FROM flow
