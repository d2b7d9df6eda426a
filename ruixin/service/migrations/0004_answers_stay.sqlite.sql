-- What was answered stays as it was given, and goes only when it is older than answers are kept: a key whose
-- answer is gone is free again.

-- From when on answers are kept, by the service's clock, in seconds since 1970: one row. It is put forward
-- first, and then what is older goes.
CREATE TABLE request_kept (
  one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  since BIGINT NOT NULL
);
INSERT INTO request_kept (one, since) VALUES (1, 0);

-- One that has no time yet is given one.
CREATE TRIGGER request_stays BEFORE UPDATE ON request
WHEN OLD.answered_at <> 0 OR NEW.key_id <> OLD.key_id OR NEW.idempotency_key <> OLD.idempotency_key
  OR NEW.digest <> OLD.digest OR NEW.status <> OLD.status OR NEW.answer <> OLD.answer
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered stays'); END;
CREATE TRIGGER request_is_kept BEFORE DELETE ON request
WHEN OLD.answered_at >= (SELECT since FROM request_kept)
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered is kept for a while'); END;
CREATE TRIGGER request_kept_goes_on BEFORE UPDATE ON request_kept WHEN NEW.since < OLD.since
BEGIN SELECT RAISE(ABORT, 'append-only: answers that are gone do not come back'); END;
CREATE TRIGGER request_kept_is_kept BEFORE DELETE ON request_kept
BEGIN SELECT RAISE(ABORT, 'append-only: from when on answers are kept stays'); END;
