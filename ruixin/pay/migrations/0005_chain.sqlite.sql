-- A record follows from the one before it: no money comes or goes between two records of an account. The
-- import puts these two triggers aside, as it checks all of a history itself, and runs this file again.
CREATE TRIGGER flow_follows BEFORE INSERT ON flow
BEGIN
  SELECT CASE
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
