-- Answers have a time, and those that are old enough can go.

-- When it was given, microseconds since 1970 UTC; 0 where the answer is older than this column, until
-- somebody prunes.
ALTER TABLE answer ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX answer_by_age ON answer (answered_at);

-- From when on answers are kept: one row. It is put forward first, and then what is older goes.
CREATE TABLE answers_kept (
  one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  since      INTEGER NOT NULL
) STRICT;
INSERT INTO answers_kept (one, since) VALUES (1, 0);

DROP TRIGGER answer_stays;
CREATE TRIGGER answer_stays BEFORE UPDATE ON answer
WHEN OLD.answered_at <> 0 OR NEW.number <> OLD.number OR NEW.id <> OLD.id
  OR NEW.digest <> OLD.digest OR NEW.status <> OLD.status OR NEW.answer <> OLD.answer
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered stays'); END;
DROP TRIGGER answer_is_kept;
CREATE TRIGGER answer_is_kept BEFORE DELETE ON answer
WHEN OLD.answered_at >= (SELECT since FROM answers_kept)
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered is kept for a while'); END;
CREATE TRIGGER kept_is_kept BEFORE DELETE ON answers_kept
BEGIN SELECT RAISE(ABORT, 'append-only: from when on answers are kept stays'); END;
CREATE TRIGGER kept_goes_on BEFORE UPDATE ON answers_kept
WHEN NEW.since < OLD.since
BEGIN SELECT RAISE(ABORT, 'append-only: answers that are gone do not come back'); END;
