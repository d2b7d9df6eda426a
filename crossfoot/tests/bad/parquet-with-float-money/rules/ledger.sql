SELECT voucher, amount FROM posting
