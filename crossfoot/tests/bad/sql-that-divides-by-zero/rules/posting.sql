SELECT
  serial AS voucher,
  round_half_up(money(amount) * (1 / 0), 2) AS amount,
  memo
FROM flow
