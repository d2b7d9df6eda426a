SELECT voucher
FROM flow WHERE channel = 'Ö§¸¶'
