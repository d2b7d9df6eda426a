-- What pages of a user's statement and bills are read from, so that they cost what is on them.

-- Postings on the accounts of users, in the order of a statement. The voucher writes them, as it seals
-- its legs. `is_held` where it is pending: then they do not count.
CREATE TABLE account_line (
  subject         INTEGER NOT NULL CHECK (subject IN (2001, 4001)),
  number          INTEGER NOT NULL,
  booked_at       INTEGER NOT NULL,
  accounting_date INTEGER NOT NULL,
  id              BLOB    NOT NULL,
  part            INTEGER NOT NULL,
  leg             INTEGER NOT NULL,
  side            TEXT    NOT NULL CHECK (side IN ('D', 'C')),
  amount          INTEGER NOT NULL,
  is_held         INTEGER NOT NULL CHECK (is_held IN (0, 1)),
  PRIMARY KEY (subject, number, booked_at, id, part, leg)
) STRICT, WITHOUT ROWID;

-- What those that count come to by accounting dates, debits less credits, for each day and for each 64 days; and
-- between which instants they were booked.
CREATE TABLE account_days (
  subject      INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  days         INTEGER NOT NULL CHECK (days IN (1, 64)),
  first        INTEGER NOT NULL CHECK (first & -days = first),
  moved        INTEGER NOT NULL,
  booked_from  INTEGER NOT NULL,
  booked_until INTEGER NOT NULL,
  PRIMARY KEY (subject, number, days, first)
) STRICT, WITHOUT ROWID;

INSERT INTO account_line (subject, number, booked_at, accounting_date, id, part, leg, side, amount,
    is_held)
  SELECT p.subject, p.number, v.booked_at, v.accounting_date, p.id, p.part, p.leg, p.side, p.amount,
    CASE v.kind WHEN 'pending' THEN 1 ELSE 0 END
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  WHERE p.subject IN (2001, 4001);
INSERT INTO account_days (subject, number, days, first, moved, booked_from, booked_until)
  SELECT l.subject, l.number, s.days, l.accounting_date & -s.days,
    sum(CASE l.side WHEN 'D' THEN l.amount ELSE -l.amount END), min(l.booked_at), max(l.booked_at)
  FROM account_line l, (SELECT 1 AS days UNION ALL SELECT 64) AS s
  WHERE l.is_held = 0 GROUP BY 1, 2, 3, 4;

-- Time does not go back, but a voucher may stand on the books of an earlier day.
CREATE TRIGGER voucher_has_lines AFTER INSERT ON voucher
BEGIN
  INSERT INTO account_line (subject, number, booked_at, accounting_date, id, part, leg, side, amount,
    is_held)
    SELECT subject, number, NEW.booked_at, NEW.accounting_date, id, part, leg, side, amount,
      CASE NEW.kind WHEN 'pending' THEN 1 ELSE 0 END
    FROM posting WHERE id = NEW.id AND part = NEW.part AND subject IN (2001, 4001);
  INSERT INTO account_days (subject, number, days, first, moved, booked_from, booked_until)
    SELECT p.subject, p.number, s.days, NEW.accounting_date & -s.days,
      sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END), NEW.booked_at, NEW.booked_at
    FROM posting p, (SELECT 1 AS days UNION ALL SELECT 64) AS s
    WHERE p.id = NEW.id AND p.part = NEW.part AND p.subject IN (2001, 4001) AND NEW.kind <> 'pending'
    GROUP BY 1, 2, 3, 4
    ON CONFLICT (subject, number, days, first) DO UPDATE SET moved = moved + excluded.moved,
      booked_from = min(booked_from, excluded.booked_from),
      booked_until = max(booked_until, excluded.booked_until);
END;

CREATE TRIGGER line_stays BEFORE UPDATE ON account_line
BEGIN SELECT RAISE(ABORT, 'append-only: a line stays'); END;
CREATE TRIGGER line_is_kept BEFORE DELETE ON account_line
BEGIN SELECT RAISE(ABORT, 'append-only: a line stays'); END;
CREATE TRIGGER days_are_kept BEFORE DELETE ON account_days
BEGIN SELECT RAISE(ABORT, 'append-only: what a day comes to stays'); END;

-- The legs that are kept as columns: those of `leg` that are no postings. Each opening kind stands beside
-- the list of them, as the index of opening vouchers has it: SQLite does not see that one implies the other.
CREATE VIEW column_leg AS
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo,
    4001 AS subject, i.holder AS number, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END AS side,
    abs(i.borne) AS amount
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, o.subject, o.number, 'D', o.debits
  FROM opening o JOIN voucher v ON v.kind = 'opening'
    AND v.kind IN ('opening', 'opening_subscription', 'opening_confirmation') WHERE o.debits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, o.subject, o.number, 'C', o.credits
  FROM opening o JOIN voucher v ON v.kind = 'opening'
    AND v.kind IN ('opening', 'opening_subscription', 'opening_confirmation') WHERE o.credits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, 2001, h.holder, 'D', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_subscription'
    AND v.kind IN ('opening', 'opening_subscription', 'opening_confirmation')
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, 4001, h.holder, 'C', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_confirmation'
    AND v.kind IN ('opening', 'opening_subscription', 'opening_confirmation');
