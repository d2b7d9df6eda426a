-- What the books of a service have: answers, refunds, the window, notices.

-- What was answered to a request, by the id that follows from its key. It is written by the
-- transaction that does what was asked: refusals, which book nothing, are in here only.
CREATE TABLE answer (
  -- In the order in which they were given.
  number INTEGER NOT NULL PRIMARY KEY,
  id     BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
  -- Of what was asked: the same id with another one is another request.
  digest BLOB    NOT NULL CHECK (length(digest) = 32),
  status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 499),
  answer TEXT    NOT NULL
) STRICT;

-- Which voucher gives back how much of which payment.
CREATE TABLE refund (
  id      BLOB    NOT NULL PRIMARY KEY,
  part    INTEGER NOT NULL CHECK (part = 0),
  payment BLOB    NOT NULL,
  amount  INTEGER NOT NULL CHECK (amount > 0),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part),
  FOREIGN KEY (payment, part) REFERENCES voucher (id, part)
) STRICT;
CREATE INDEX refund_of ON refund (payment);

-- Whether commands are taken: one row. Books begin closed.
CREATE TABLE service_window (
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  since   INTEGER
) STRICT;
INSERT INTO service_window (one, is_open, since) VALUES (1, 0, NULL);

-- What users are told, in each language.
CREATE TABLE notice (
  language TEXT NOT NULL PRIMARY KEY CHECK (language IN ('en', 'zh')),
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  body     TEXT NOT NULL,
  -- When the service is to be open again, as it was written (RFC 3339).
  until    TEXT
) STRICT;

CREATE TRIGGER answer_stays BEFORE UPDATE ON answer
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered stays'); END;
CREATE TRIGGER answer_is_kept BEFORE DELETE ON answer
BEGIN SELECT RAISE(ABORT, 'append-only: what was answered stays'); END;
CREATE TRIGGER refund_stays BEFORE UPDATE ON refund
BEGIN SELECT RAISE(ABORT, 'append-only: a refund stays'); END;
CREATE TRIGGER refund_is_kept BEFORE DELETE ON refund
BEGIN SELECT RAISE(ABORT, 'append-only: a refund stays'); END;
CREATE TRIGGER window_is_kept BEFORE DELETE ON service_window
BEGIN SELECT RAISE(ABORT, 'append-only: the window stays'); END;

-- Whatever is given back, and not taken back itself, is no more than the merchant got.
CREATE TRIGGER refund_is_within BEFORE INSERT ON refund
WHEN NEW.amount + (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.payment = NEW.payment
    AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = r.id AND v.link_part = 0))
  > (SELECT coalesce(sum(amount), 0) FROM posting
    WHERE id = NEW.payment AND part = 0 AND subject = 2002 AND side = 'C')
BEGIN SELECT RAISE(ABORT, 'refund: more than was paid'); END;
