-- What was answered stays as it was given, and goes only when it is older than answers are kept: a key whose
-- answer is gone is free again.

-- From when on answers are kept, by the service's clock, in seconds since 1970: one row. It is put forward
-- first, and then what is older goes.
CREATE TABLE request_kept (
  one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  since BIGINT NOT NULL
);
INSERT INTO request_kept (one, since) VALUES (1, 0);

-- Other tables in the same schema have functions of their own.
CREATE FUNCTION request_forbids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$;
-- One that has no time yet is given one.
CREATE TRIGGER request_stays BEFORE UPDATE ON request FOR EACH ROW
  WHEN (OLD.answered_at <> 0 OR NEW.key_id <> OLD.key_id OR NEW.idempotency_key <> OLD.idempotency_key
    OR NEW.digest <> OLD.digest OR NEW.status <> OLD.status OR NEW.answer <> OLD.answer)
  EXECUTE FUNCTION request_forbids('append-only: what was answered stays');
CREATE FUNCTION request_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.answered_at >= (SELECT since FROM request_kept)) THEN
    RAISE EXCEPTION 'append-only: what was answered is kept for a while' USING ERRCODE = 'check_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER request_is_kept BEFORE DELETE ON request FOR EACH ROW EXECUTE FUNCTION request_is_kept();
CREATE TRIGGER request_is_not_emptied BEFORE TRUNCATE ON request FOR EACH STATEMENT
  EXECUTE FUNCTION request_forbids('append-only: what was answered is kept for a while');
CREATE TRIGGER request_kept_goes_on BEFORE UPDATE ON request_kept FOR EACH ROW WHEN (NEW.since < OLD.since)
  EXECUTE FUNCTION request_forbids('append-only: answers that are gone do not come back');
CREATE TRIGGER request_kept_is_kept BEFORE DELETE ON request_kept FOR EACH ROW
  EXECUTE FUNCTION request_forbids('append-only: from when on answers are kept stays');
CREATE TRIGGER request_kept_is_not_emptied BEFORE TRUNCATE ON request_kept FOR EACH STATEMENT
  EXECUTE FUNCTION request_forbids('append-only: from when on answers are kept stays');
