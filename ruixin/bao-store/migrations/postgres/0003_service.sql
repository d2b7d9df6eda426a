-- What the books of a service have: answers, refunds, the window, notices.

-- What was answered to a request, by the id that follows from its key. It is written by the
-- transaction that does what was asked: refusals, which book nothing, are in here only.
CREATE TABLE answer (
  -- In the order in which they were given.
  number bigint GENERATED ALWAYS AS IDENTITY,
  id     bytea  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
  -- Of what was asked: the same id with another one is another request.
  digest bytea  NOT NULL CHECK (octet_length(digest) = 32),
  status bigint NOT NULL CHECK (status BETWEEN 200 AND 499),
  answer text   NOT NULL
);

-- Which voucher gives back how much of which payment.
CREATE TABLE refund (
  id      bytea  NOT NULL PRIMARY KEY,
  part    bigint NOT NULL CHECK (part = 0),
  payment bytea  NOT NULL,
  amount  bigint NOT NULL CHECK (amount > 0),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part),
  FOREIGN KEY (payment, part) REFERENCES voucher (id, part)
);
CREATE INDEX refund_of ON refund (payment);

-- Whether commands are taken: one row. Books begin closed.
CREATE TABLE service_window (
  one     bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  is_open bigint NOT NULL CHECK (is_open IN (0, 1)),
  since   bigint
);
INSERT INTO service_window (one, is_open, since) VALUES (1, 0, NULL);

-- What users are told, in each language.
CREATE TABLE notice (
  language text NOT NULL PRIMARY KEY CHECK (language IN ('en', 'zh')),
  kind     text NOT NULL,
  subject  text NOT NULL,
  body     text NOT NULL,
  -- When the service is to be open again, as it was written (RFC 3339).
  until    text
);

CREATE TRIGGER answer_stays BEFORE UPDATE ON answer FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: what was answered stays');
CREATE TRIGGER answer_is_kept BEFORE DELETE ON answer FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: what was answered stays');
CREATE TRIGGER refund_stays BEFORE UPDATE ON refund FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a refund stays');
CREATE TRIGGER refund_is_kept BEFORE DELETE ON refund FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a refund stays');
CREATE TRIGGER window_is_kept BEFORE DELETE ON service_window FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: the window stays');
CREATE TRIGGER answer_is_not_emptied BEFORE TRUNCATE ON answer FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER refund_is_not_emptied BEFORE TRUNCATE ON refund FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER window_is_not_emptied BEFORE TRUNCATE ON service_window FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');

-- Whatever is given back, and not taken back itself, is no more than the merchant got.
CREATE FUNCTION refund_is_within() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.amount + (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.payment = NEW.payment
      AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = r.id AND v.link_part = 0))
    > (SELECT coalesce(sum(amount), 0) FROM posting
      WHERE id = NEW.payment AND part = 0 AND subject = 2002 AND side = 'C')) THEN
    RAISE EXCEPTION 'refund: more than was paid' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_is_within BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION refund_is_within();
