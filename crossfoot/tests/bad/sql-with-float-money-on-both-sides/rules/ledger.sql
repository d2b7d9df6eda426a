SELECT voucher, CAST(1 AS DOUBLE) AS amount, memo FROM posting
