-- What is booked stays, and an account comes to what its last record says.

CREATE TRIGGER account_follows BEFORE UPDATE OF balance, last_serial ON account
WHEN NEW.owner <> 'H' AND NOT EXISTS (SELECT 1 FROM (SELECT serial, balance_after FROM flow
    WHERE account = NEW.account ORDER BY serial DESC LIMIT 1) AS last
  WHERE last.serial = NEW.last_serial AND round(last.balance_after * 100) = round(NEW.balance * 100))
BEGIN SELECT RAISE(ABORT, 'account: it comes to what its last record says'); END;
CREATE TRIGGER account_is_what_it_is BEFORE UPDATE OF account, owner, name, class, channel, opened_at,
  opening_balance ON account
BEGIN SELECT RAISE(ABORT, 'append-only: an account stays as it was opened'); END;
-- The import founds the house anew.
CREATE TRIGGER account_is_kept BEFORE DELETE ON account WHEN OLD.owner <> 'H'
BEGIN SELECT RAISE(ABORT, 'append-only: an account stays'); END;

CREATE TRIGGER flow_stays BEFORE UPDATE ON flow
BEGIN SELECT RAISE(ABORT, 'append-only: a record is corrected by another one'); END;
CREATE TRIGGER flow_is_kept BEFORE DELETE ON flow
BEGIN SELECT RAISE(ABORT, 'append-only: a record is corrected by another one'); END;

CREATE TRIGGER order_stays BEFORE UPDATE OF order_id, order_type, payer, payee, amount, coupon, channel,
  created_at, title ON orders
BEGIN SELECT RAISE(ABORT, 'append-only: an order stays as it was given'); END;
CREATE TRIGGER order_is_kept BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'append-only: an order stays'); END;
CREATE TRIGGER refunds_go_on BEFORE UPDATE OF refunded ON orders WHEN NEW.refunded < OLD.refunded
BEGIN SELECT RAISE(ABORT, 'append-only: what was given back of an order stays'); END;

CREATE TRIGGER hold_stays BEFORE UPDATE OF serial, account, order_id, amount ON hold
BEGIN SELECT RAISE(ABORT, 'append-only: a hold stays as it began'); END;
CREATE TRIGGER hold_is_kept BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'append-only: a hold stays'); END;
CREATE TRIGGER releases_go_on BEFORE UPDATE OF released ON hold WHEN NEW.released < OLD.released
BEGIN SELECT RAISE(ABORT, 'append-only: what was released of a hold stays'); END;

CREATE TRIGGER bank_line_stays BEFORE UPDATE ON channel_file
BEGIN SELECT RAISE(ABORT, 'append-only: what a bank said stays'); END;
CREATE TRIGGER bank_line_is_kept BEFORE DELETE ON channel_file
BEGIN SELECT RAISE(ABORT, 'append-only: what a bank said stays'); END;
