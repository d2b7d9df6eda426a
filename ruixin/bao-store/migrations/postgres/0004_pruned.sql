-- Answers have a time, and those that are old enough can go.

-- When it was given, microseconds since 1970 UTC; 0 where the answer is older than this column, until
-- somebody prunes.
ALTER TABLE answer ADD COLUMN answered_at bigint NOT NULL DEFAULT 0;
CREATE INDEX answer_by_age ON answer (answered_at);

-- From when on answers are kept: one row. It is put forward first, and then what is older goes.
CREATE TABLE answers_kept (
  one        bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  since      bigint NOT NULL
);
INSERT INTO answers_kept (one, since) VALUES (1, 0);

DROP TRIGGER answer_stays ON answer;
CREATE TRIGGER answer_stays BEFORE UPDATE ON answer FOR EACH ROW
  WHEN (OLD.answered_at <> 0 OR NEW.number <> OLD.number OR NEW.id <> OLD.id
    OR NEW.digest <> OLD.digest OR NEW.status <> OLD.status OR NEW.answer <> OLD.answer)
  EXECUTE FUNCTION refuse('append-only: what was answered stays');
DROP TRIGGER answer_is_kept ON answer;
CREATE FUNCTION answer_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.answered_at >= (SELECT since FROM answers_kept)) THEN
    RAISE EXCEPTION 'append-only: what was answered is kept for a while'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER answer_is_kept BEFORE DELETE ON answer FOR EACH ROW EXECUTE FUNCTION answer_is_kept();
CREATE TRIGGER kept_is_kept BEFORE DELETE ON answers_kept FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: from when on answers are kept stays');
CREATE TRIGGER kept_goes_on BEFORE UPDATE ON answers_kept FOR EACH ROW
  WHEN (NEW.since < OLD.since)
  EXECUTE FUNCTION refuse('append-only: answers that are gone do not come back');
CREATE TRIGGER kept_is_not_emptied BEFORE TRUNCATE ON answers_kept FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
