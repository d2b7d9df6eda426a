SELECT serial AS voucher, control_total(money(amount)) AS amount, max(memo) AS memo
FROM flow
