-- Amounts are yuan in floating point here, of which the fen are got back exactly below 2^51 fen. What the
-- house's accounts and the days come to has no bound of one customer's account, so it has this one. Checks
-- by trigger: they say what to do, and no table has to be written anew.
CREATE TRIGGER account_is_exact_when_new BEFORE INSERT ON account
WHEN abs(NEW.balance) >= 22517998136852.48 OR abs(NEW.opening_balance) >= 22517998136852.48
BEGIN
  SELECT RAISE(ABORT, 'SQLite keeps amounts to the fen below 22517998136852.48 yuan only: keep these books in PostgreSQL');
END;
CREATE TRIGGER account_is_exact BEFORE UPDATE OF balance ON account
WHEN abs(NEW.balance) >= 22517998136852.48
BEGIN
  SELECT RAISE(ABORT, 'SQLite keeps amounts to the fen below 22517998136852.48 yuan only: keep these books in PostgreSQL');
END;
CREATE TRIGGER daily_total_is_exact BEFORE INSERT ON daily_total
WHEN max(abs(NEW.amount), abs(NEW.fee), abs(NEW.coupon)) >= 22517998136852.48
BEGIN
  SELECT RAISE(ABORT, 'SQLite keeps amounts to the fen below 22517998136852.48 yuan only: keep these books in PostgreSQL');
END;
