SELECT serial AS voucher, CAST(1 AS DOUBLE) AS amount, memo FROM flow
