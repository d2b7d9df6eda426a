-- While the books are closed nothing is booked, whoever writes; the house has no records; and what an account has
-- frozen, and how many records, goes on by what its new records say. The import puts those on what comes in aside,
-- as it checks all of a history itself.
CREATE FUNCTION only_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM house WHERE state = 'closed')) THEN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
-- As the fifth migration has it, and two rules more. Whoever has no record yet may be the house.
CREATE OR REPLACE FUNCTION flow_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  serial_before  text;
  balance_before numeric;
  whose          text;
BEGIN
  IF (EXISTS (SELECT 1 FROM house WHERE state = 'closed')) THEN
    RAISE EXCEPTION 'closed: no record is booked' USING ERRCODE = 'check_violation';
  END IF;
  SELECT f.serial, f.balance_after INTO serial_before, balance_before FROM flow f
    WHERE f.account = NEW.account ORDER BY f.serial DESC LIMIT 1;
  IF (serial_before >= NEW.serial) THEN
    RAISE EXCEPTION 'flow: a record comes behind the last one of its account' USING ERRCODE = 'check_violation';
  END IF;
  IF (serial_before IS NULL) THEN
    SELECT a.opening_balance, a.owner INTO balance_before, whose FROM account a WHERE a.account = NEW.account;
    IF (whose = 'H') THEN
      RAISE EXCEPTION 'flow: the house has no records' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF (NEW.balance_after <> balance_before + CASE NEW.direction WHEN '1' THEN NEW.amount ELSE -NEW.amount END) THEN
    RAISE EXCEPTION 'flow: the balance does not follow from the one before it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_is_opened BEFORE INSERT ON account FOR EACH ROW WHEN (NEW.owner <> 'H')
  EXECUTE FUNCTION only_open('closed: no account is opened');
CREATE TRIGGER order_is_given BEFORE INSERT ON orders FOR EACH ROW
  EXECUTE FUNCTION only_open('closed: no order is given');
CREATE TRIGGER order_goes_on BEFORE UPDATE ON orders FOR EACH ROW
  EXECUTE FUNCTION only_open('closed: no order goes on');
CREATE TRIGGER hold_begins BEFORE INSERT ON hold FOR EACH ROW
  EXECUTE FUNCTION only_open('closed: no hold begins');
CREATE TRIGGER hold_goes_on BEFORE UPDATE ON hold FOR EACH ROW
  EXECUTE FUNCTION only_open('closed: no hold goes on');
CREATE TRIGGER bank_line_is_booked BEFORE INSERT ON channel_file FOR EACH ROW
  EXECUTE FUNCTION only_open('closed: no line of a bank is booked');

-- 10 and 11 are the old codes of what is frozen and unfrozen; 11 came to be another one on the business day
-- 2011-07-01, which began at 23:00.
CREATE FUNCTION account_tells() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  records   bigint;
  frozen_by numeric;
BEGIN
  SELECT count(*), coalesce(sum(CASE
      WHEN f.type_code IN ('10', '41') THEN f.amount
      WHEN f.type_code = '42' OR f.type_code = '11' AND f.happened_at < '2011-06-30 23:00:00.000' THEN -f.amount
      ELSE 0 END), 0)
    INTO records, frozen_by
    FROM flow f WHERE f.account = NEW.account AND f.serial > coalesce(OLD.last_serial, '');
  IF (NEW.flow_count <> OLD.flow_count + records OR NEW.frozen <> OLD.frozen + frozen_by) THEN
    RAISE EXCEPTION 'account: what is frozen, and how many records there are, is what its last records say'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_tells BEFORE UPDATE OF frozen, flow_count, last_serial ON account FOR EACH ROW
  WHEN (NEW.owner <> 'H') EXECUTE FUNCTION account_tells();
