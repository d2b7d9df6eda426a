-- While the books are closed nothing is booked, whoever writes; the house has no records; and what an account has
-- frozen, and how many records, goes on by what its new records say. The triggers of the fifth migration are among
-- these. The import puts those on what comes in aside, as it checks all of a history itself, and runs this file
-- again.
DROP TRIGGER IF EXISTS flow_follows;
DROP TRIGGER IF EXISTS account_begins;
DROP TRIGGER IF EXISTS account_is_opened;
DROP TRIGGER IF EXISTS account_tells;
DROP TRIGGER IF EXISTS order_is_given;
DROP TRIGGER IF EXISTS order_goes_on;
DROP TRIGGER IF EXISTS hold_begins;
DROP TRIGGER IF EXISTS hold_goes_on;
DROP TRIGGER IF EXISTS bank_line_is_booked;

CREATE TRIGGER flow_follows BEFORE INSERT ON flow
BEGIN
  SELECT CASE
    WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
    THEN RAISE(ABORT, 'closed: no record is booked')
    WHEN a.owner = 'H'
    THEN RAISE(ABORT, 'flow: the house has no records')
    WHEN last.serial >= NEW.serial
    THEN RAISE(ABORT, 'flow: a record comes behind the last one of its account')
    -- Rounded: these are whole fen.
    WHEN round(NEW.balance_after * 100) <> round(coalesce(last.balance_after, a.opening_balance) * 100)
      + round(CASE NEW.direction WHEN '1' THEN NEW.amount ELSE -NEW.amount END * 100)
    THEN RAISE(ABORT, 'flow: the balance does not follow from the one before it')
  END
  FROM account a LEFT JOIN (SELECT serial, balance_after FROM flow WHERE account = NEW.account
    ORDER BY serial DESC LIMIT 1) AS last ON 1
  WHERE a.account = NEW.account;
END;
CREATE TRIGGER account_begins BEFORE INSERT ON account
WHEN NEW.owner <> 'H' AND (NEW.opening_balance <> 0 OR NEW.balance <> 0 OR NEW.frozen <> 0 OR NEW.flow_count <> 0)
BEGIN SELECT RAISE(ABORT, 'account: one of a customer begins with nothing on it'); END;
CREATE TRIGGER account_is_opened BEFORE INSERT ON account
WHEN NEW.owner <> 'H' AND EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no account is opened'); END;
-- 10 and 11 are the old codes of what is frozen and unfrozen; 11 came to be another one on the business day
-- 2011-07-01, which began at 23:00.
CREATE TRIGGER account_tells BEFORE UPDATE OF frozen, flow_count, last_serial ON account
WHEN NEW.owner <> 'H' AND EXISTS (SELECT 1 FROM (
    SELECT count(*) AS records, coalesce(sum(round(CASE
      WHEN type_code IN ('10', '41') THEN amount
      WHEN type_code = '42' OR type_code = '11' AND happened_at < '2011-06-30 23:00:00.000' THEN -amount
      ELSE 0 END * 100)), 0) AS fen
    FROM flow WHERE account = NEW.account AND serial > coalesce(OLD.last_serial, '')) AS since
  WHERE NEW.flow_count <> OLD.flow_count + since.records
    OR round(NEW.frozen * 100) <> round(OLD.frozen * 100) + since.fen)
BEGIN SELECT RAISE(ABORT, 'account: what is frozen, and how many records there are, is what its last records say'); END;

CREATE TRIGGER order_is_given BEFORE INSERT ON orders WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no order is given'); END;
CREATE TRIGGER order_goes_on BEFORE UPDATE ON orders WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no order goes on'); END;
CREATE TRIGGER hold_begins BEFORE INSERT ON hold WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no hold begins'); END;
CREATE TRIGGER hold_goes_on BEFORE UPDATE ON hold WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no hold goes on'); END;
CREATE TRIGGER bank_line_is_booked BEFORE INSERT ON channel_file
WHEN EXISTS (SELECT 1 FROM house WHERE state = 'closed')
BEGIN SELECT RAISE(ABORT, 'closed: no line of a bank is booked'); END;
