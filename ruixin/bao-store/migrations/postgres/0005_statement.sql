-- What pages of a user's statement and bills are read from, so that they cost what is on them.

-- A program of the version before may still book: what it commits after these tables are filled and
-- before the trigger is there would have no lines.
LOCK TABLE posting, voucher IN SHARE ROW EXCLUSIVE MODE;

-- Postings on the accounts of users, in the order of a statement. The voucher writes them, as it seals
-- its legs. `is_held` where it is pending: then they do not count.
CREATE TABLE account_line (
  subject         bigint NOT NULL CHECK (subject IN (2001, 4001)),
  number          bigint NOT NULL,
  booked_at       bigint NOT NULL,
  accounting_date bigint NOT NULL,
  id              bytea  NOT NULL,
  part            bigint NOT NULL,
  leg             bigint NOT NULL,
  side            text   NOT NULL CHECK (side IN ('D', 'C')),
  amount          bigint NOT NULL,
  is_held         bigint NOT NULL CHECK (is_held IN (0, 1)),
  PRIMARY KEY (subject, number, booked_at, id, part, leg)
);

-- What those that count come to by accounting dates, debits less credits, for each day and for each 64 days; and
-- between which instants they were booked.
CREATE TABLE account_days (
  subject      bigint NOT NULL,
  number       bigint NOT NULL,
  days         bigint NOT NULL CHECK (days IN (1, 64)),
  first        bigint NOT NULL CHECK (first & -days = first),
  moved        bigint NOT NULL,
  booked_from  bigint NOT NULL,
  booked_until bigint NOT NULL,
  PRIMARY KEY (subject, number, days, first)
) WITH (fillfactor = 50);

INSERT INTO account_line (subject, number, booked_at, accounting_date, id, part, leg, side, amount,
    is_held)
  SELECT p.subject, p.number, v.booked_at, v.accounting_date, p.id, p.part, p.leg, p.side, p.amount,
    CASE v.kind WHEN 'pending' THEN 1 ELSE 0 END
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  WHERE p.subject IN (2001, 4001);
INSERT INTO account_days (subject, number, days, first, moved, booked_from, booked_until)
  SELECT l.subject, l.number, s.days, l.accounting_date & -s.days,
    CAST(sum(CASE l.side WHEN 'D' THEN l.amount ELSE -l.amount END) AS bigint), min(l.booked_at), max(l.booked_at)
  FROM account_line l, (VALUES (1::bigint), (64::bigint)) AS s (days)
  WHERE l.is_held = 0 GROUP BY 1, 2, 3, 4;

-- Time does not go back, but a voucher may stand on the books of an earlier day.
CREATE FUNCTION voucher_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_line (subject, number, booked_at, accounting_date, id, part, leg, side, amount,
    is_held)
    SELECT subject, number, NEW.booked_at, NEW.accounting_date, id, part, leg, side, amount,
      CASE NEW.kind WHEN 'pending' THEN 1 ELSE 0 END
    FROM posting WHERE id = NEW.id AND part = NEW.part AND subject IN (2001, 4001);
  IF FOUND AND NEW.kind <> 'pending' THEN
    INSERT INTO account_days AS d (subject, number, days, first, moved, booked_from, booked_until)
      SELECT p.subject, p.number, s.days, NEW.accounting_date & -s.days,
        CAST(sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END) AS bigint),
        NEW.booked_at, NEW.booked_at
      FROM posting p, (VALUES (1::bigint), (64::bigint)) AS s (days)
      WHERE p.id = NEW.id AND p.part = NEW.part AND p.subject IN (2001, 4001)
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (subject, number, days, first) DO UPDATE SET moved = d.moved + excluded.moved,
        booked_from = least(d.booked_from, excluded.booked_from),
        booked_until = greatest(d.booked_until, excluded.booked_until);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER voucher_has_lines AFTER INSERT ON voucher FOR EACH ROW
  EXECUTE FUNCTION voucher_has_lines();

CREATE TRIGGER line_stays BEFORE UPDATE ON account_line FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a line stays');
CREATE TRIGGER line_is_kept BEFORE DELETE ON account_line FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a line stays');
CREATE TRIGGER days_are_kept BEFORE DELETE ON account_days FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: what a day comes to stays');
CREATE TRIGGER account_line_is_not_emptied BEFORE TRUNCATE ON account_line FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER account_days_is_not_emptied BEFORE TRUNCATE ON account_days FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');

-- The legs that are kept as columns: those of `leg` that are no postings.
CREATE VIEW column_leg AS
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo,
    4001::bigint AS subject, i.holder AS number, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END AS side,
    abs(i.borne) AS amount
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, o.subject, o.number, 'D', o.debits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.debits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, o.subject, o.number, 'C', o.credits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.credits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, 2001::bigint, h.holder, 'D', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_subscription'
  UNION ALL
  SELECT v.id, v.part, v.kind, v.accounting_date, v.booked_at, v.memo, 4001::bigint, h.holder, 'C', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_confirmation';
