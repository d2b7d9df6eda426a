-- The fund Ruixin Bao (瑞信宝): what a user's wallet holds at the freeze buys shares of it, at 1.00.
-- Frozen money and merchants' money stay in the wallet.
--
-- An order belongs to the trading day on which it is placed, until 15:00; later, at a weekend or on
-- a holiday it belongs to the next one. It is confirmed a trading day later, and earns from then on.
WITH
-- Days off that are no weekend, around the freeze: 国务院办公厅关于2013年部分节假日安排的通知
-- (国办发明电〔2012〕33号). The exchanges do not open on the weekends worked in their place.
day_off(day) AS (
  VALUES
    (DATE '2013-04-29'), (DATE '2013-04-30'), (DATE '2013-05-01'),
    (DATE '2013-06-10'), (DATE '2013-06-11'), (DATE '2013-06-12')
),
freeze AS (
  SELECT business_date(local_time('2013-05-27 08:00:00', 'Asia/Shanghai'), 'Asia/Shanghai', '15:00') AS day
),
later(days) AS (
  VALUES
    (INTERVAL '0 days'), (INTERVAL '1 day'), (INTERVAL '2 days'), (INTERVAL '3 days'), (INTERVAL '4 days'),
    (INTERVAL '5 days'), (INTERVAL '6 days'), (INTERVAL '7 days'), (INTERVAL '8 days'), (INTERVAL '9 days')
),
-- The ten days from the freeze on, without Saturdays and Sundays, and days off.
trading_day AS (
  SELECT day
  FROM (
    SELECT freeze.day + later.days AS day
    FROM freeze
    CROSS JOIN later
  ) AS ten_days
  WHERE date_part('dow', day) BETWEEN 1 AND 5
    AND day NOT IN (SELECT day FROM day_off)
),
subscribed AS (SELECT min(day) AS day FROM trading_day),
confirmed AS (
  SELECT min(trading_day.day) AS day
  FROM trading_day
  CROSS JOIN subscribed
  WHERE trading_day.day > subscribed.day
)
SELECT
  account.account,
  account.balance                      AS amount,
  account.balance                      AS shares,
  subscribed.day                       AS subscribed_on,
  confirmed.day                        AS confirmed_on,
  confirmed.day                        AS income_from
FROM account
CROSS JOIN subscribed
CROSS JOIN confirmed
WHERE account.owner = 'U'
  AND account.balance > 0
