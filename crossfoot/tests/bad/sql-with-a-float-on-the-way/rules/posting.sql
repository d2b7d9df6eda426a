SELECT serial AS voucher, CAST(CAST(replace(amount, chr(44), chr(32)) AS DOUBLE) * 100 AS DECIMAL(20, 2)) AS amount, memo FROM flow
