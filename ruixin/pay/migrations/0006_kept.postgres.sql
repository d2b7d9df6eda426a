-- What is booked stays, and an account comes to what its last record says.

CREATE FUNCTION account_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  serial_there  text;
  balance_there numeric;
BEGIN
  SELECT f.serial, f.balance_after INTO serial_there, balance_there FROM flow f
    WHERE f.account = NEW.account ORDER BY f.serial DESC LIMIT 1;
  IF (serial_there IS DISTINCT FROM NEW.last_serial OR balance_there IS DISTINCT FROM NEW.balance) THEN
    RAISE EXCEPTION 'account: it comes to what its last record says' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_follows BEFORE UPDATE OF balance, last_serial ON account FOR EACH ROW
  WHEN (NEW.owner <> 'H') EXECUTE FUNCTION account_follows();
CREATE TRIGGER account_is_what_it_is BEFORE UPDATE OF account, owner, name, class, channel, opened_at,
  opening_balance ON account FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: an account stays as it was opened');
-- The import founds the house anew.
CREATE TRIGGER account_is_kept BEFORE DELETE ON account FOR EACH ROW WHEN (OLD.owner <> 'H')
  EXECUTE FUNCTION forbid('append-only: an account stays');

CREATE TRIGGER flow_stays BEFORE UPDATE ON flow FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: a record is corrected by another one');
CREATE TRIGGER flow_is_kept BEFORE DELETE ON flow FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: a record is corrected by another one');

CREATE TRIGGER order_stays BEFORE UPDATE OF order_id, order_type, payer, payee, amount, coupon, channel,
  created_at, title ON orders FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: an order stays as it was given');
CREATE TRIGGER order_is_kept BEFORE DELETE ON orders FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: an order stays');
CREATE TRIGGER refunds_go_on BEFORE UPDATE OF refunded ON orders FOR EACH ROW
  WHEN (NEW.refunded < OLD.refunded)
  EXECUTE FUNCTION forbid('append-only: what was given back of an order stays');

CREATE TRIGGER hold_stays BEFORE UPDATE OF serial, account, order_id, amount ON hold FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: a hold stays as it began');
CREATE TRIGGER hold_is_kept BEFORE DELETE ON hold FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: a hold stays');
CREATE TRIGGER releases_go_on BEFORE UPDATE OF released ON hold FOR EACH ROW
  WHEN (NEW.released < OLD.released)
  EXECUTE FUNCTION forbid('append-only: what was released of a hold stays');

CREATE TRIGGER bank_line_stays BEFORE UPDATE ON channel_file FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: what a bank said stays');
CREATE TRIGGER bank_line_is_kept BEFORE DELETE ON channel_file FOR EACH ROW
  EXECUTE FUNCTION forbid('append-only: what a bank said stays');

-- Row triggers do not see TRUNCATE. The import empties tables that have nothing of customers in them.
CREATE FUNCTION not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_filled boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', TG_TABLE_NAME) INTO is_filled;
  IF (is_filled) THEN
    RAISE EXCEPTION 'append-only: books are not emptied' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION account_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM account WHERE owner <> 'H')) THEN
    RAISE EXCEPTION 'append-only: books are not emptied' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_is_not_emptied BEFORE TRUNCATE ON account FOR EACH STATEMENT
  EXECUTE FUNCTION account_is_not_emptied();
CREATE TRIGGER flow_is_not_emptied BEFORE TRUNCATE ON flow FOR EACH STATEMENT
  EXECUTE FUNCTION not_emptied();
CREATE TRIGGER orders_is_not_emptied BEFORE TRUNCATE ON orders FOR EACH STATEMENT
  EXECUTE FUNCTION not_emptied();
CREATE TRIGGER hold_is_not_emptied BEFORE TRUNCATE ON hold FOR EACH STATEMENT
  EXECUTE FUNCTION not_emptied();
CREATE TRIGGER channel_file_is_not_emptied BEFORE TRUNCATE ON channel_file FOR EACH STATEMENT
  EXECUTE FUNCTION not_emptied();
