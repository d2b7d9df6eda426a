-- A record follows from the one before it: no money comes or goes between two records of an account. The
-- import puts these two triggers aside, as it checks all of a history itself.
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$;
CREATE FUNCTION flow_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  serial_before  text;
  balance_before numeric;
BEGIN
  SELECT f.serial, f.balance_after INTO serial_before, balance_before FROM flow f
    WHERE f.account = NEW.account ORDER BY f.serial DESC LIMIT 1;
  IF (serial_before >= NEW.serial) THEN
    RAISE EXCEPTION 'flow: a record comes behind the last one of its account' USING ERRCODE = 'check_violation';
  END IF;
  IF (serial_before IS NULL) THEN
    SELECT a.opening_balance INTO balance_before FROM account a WHERE a.account = NEW.account;
  END IF;
  IF (NEW.balance_after <> balance_before + CASE NEW.direction WHEN '1' THEN NEW.amount ELSE -NEW.amount END) THEN
    RAISE EXCEPTION 'flow: the balance does not follow from the one before it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER flow_follows BEFORE INSERT ON flow FOR EACH ROW EXECUTE FUNCTION flow_follows();
CREATE TRIGGER account_begins BEFORE INSERT ON account FOR EACH ROW
  WHEN (NEW.owner <> 'H' AND (NEW.opening_balance <> 0 OR NEW.balance <> 0 OR NEW.frozen <> 0 OR NEW.flow_count <> 0))
  EXECUTE FUNCTION forbid('account: one of a customer begins with nothing on it');
