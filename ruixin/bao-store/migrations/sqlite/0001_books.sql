-- The books of Ruixin Bao: accounts, vouchers and their legs, the fund's orders, moves and days.
--
-- Amounts are fen, shares hundredths, instants microseconds since 1970 UTC, days days since
-- 1970-01-01, ids 16 bytes. A voucher's legs are written before the voucher itself, which seals
-- them: the voucher is refused if they do not balance, and no leg is taken after it.

-- What the operator set: one row.
CREATE TABLE fund (
  one             INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  first_day       INTEGER NOT NULL,
  settlement_bank INTEGER NOT NULL CHECK (settlement_bank >= 0),
  provider        INTEGER NOT NULL CHECK (provider >= 0),
  fast_cap        INTEGER CHECK (fast_cap >= 0),
  payment_cap     INTEGER CHECK (payment_cap >= 0),
  calendar_first  INTEGER NOT NULL,
  calendar_last   INTEGER NOT NULL,
  CHECK (calendar_first <= first_day AND first_day <= calendar_last)
) STRICT;

-- Days on which the trading calendar is not that of the week: weekdays without trading, weekends with.
CREATE TABLE calendar_exception (
  day    INTEGER NOT NULL PRIMARY KEY,
  trades INTEGER NOT NULL CHECK (trades IN (0, 1))
) STRICT;

-- kind: A asset, L liability, Q equity, I income, E expense.
-- keeps: N nothing; D debits, pending ones too, must not exceed posted credits; C the mirror of it.
CREATE TABLE account (
  subject        INTEGER NOT NULL CHECK (subject BETWEEN 0 AND 65535),
  number         INTEGER NOT NULL CHECK (number >= 0),
  kind           TEXT    NOT NULL CHECK (kind IN ('A', 'L', 'Q', 'I', 'E')),
  keeps          TEXT    NOT NULL CHECK (keeps IN ('N', 'D', 'C')),
  debits_posted  INTEGER NOT NULL,
  credits_posted INTEGER NOT NULL,
  debits_pending INTEGER NOT NULL CHECK (debits_pending >= 0),
  credits_pending INTEGER NOT NULL CHECK (credits_pending >= 0),
  PRIMARY KEY (subject, number),
  CONSTRAINT no_overdraft CHECK (keeps <> 'D' OR debits_posted + debits_pending <= credits_posted),
  CONSTRAINT not_more_than_is_there CHECK (keeps <> 'C' OR credits_posted + credits_pending <= debits_posted)
) STRICT, WITHOUT ROWID;

CREATE TABLE voucher (
  id              BLOB    NOT NULL CHECK (length(id) = 16),
  part            INTEGER NOT NULL CHECK (part BETWEEN 0 AND 4294967295),
  kind            TEXT    NOT NULL CHECK (kind IN ('booking', 'pending', 'post', 'void', 'reversal', 'rebooking',
                    'income', 'opening', 'opening_subscription', 'opening_confirmation')),
  link_id         BLOB,
  link_part       INTEGER,
  expires_at      INTEGER,
  accounting_date INTEGER NOT NULL,
  booked_at       INTEGER NOT NULL,
  -- 1 where the legs were asked for, 0 where they follow from the voucher that is linked.
  own_legs        INTEGER NOT NULL CHECK (own_legs IN (0, 1)),
  legs            INTEGER NOT NULL CHECK (legs >= 0),
  memo            TEXT    NOT NULL,
  PRIMARY KEY (id, part),
  FOREIGN KEY (link_id, link_part) REFERENCES voucher (id, part),
  CHECK ((kind IN ('post', 'void', 'reversal', 'rebooking')) = (link_id IS NOT NULL)),
  CHECK ((link_id IS NULL) = (link_part IS NULL)),
  CHECK (expires_at IS NULL OR (kind = 'pending' AND expires_at > booked_at))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX voucher_resolved_once ON voucher (link_id, link_part) WHERE kind IN ('post', 'void');
CREATE UNIQUE INDEX voucher_reversed_once ON voucher (link_id, link_part) WHERE kind = 'reversal';
CREATE UNIQUE INDEX voucher_rebooked_once ON voucher (link_id, link_part) WHERE kind = 'rebooking';
CREATE UNIQUE INDEX voucher_income_once ON voucher (accounting_date) WHERE kind = 'income';
CREATE INDEX voucher_booked_at ON voucher (booked_at);

-- side: D debit, C credit. An amount is below zero in a reversal (红字) only.
CREATE TABLE posting (
  id      BLOB    NOT NULL,
  part    INTEGER NOT NULL,
  leg     INTEGER NOT NULL CHECK (leg >= 1),
  subject INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  side    TEXT    NOT NULL CHECK (side IN ('D', 'C')),
  amount  INTEGER NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (id, part, leg),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (subject, number) REFERENCES account (subject, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX posting_account ON posting (subject, number);

-- kind: S subscribe, R redeem, F redeem fast, P pay. status: P placed, C confirmed.
CREATE TABLE fund_order (
  id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  investor     INTEGER NOT NULL CHECK (investor >= 0),
  kind         TEXT    NOT NULL CHECK (kind IN ('S', 'R', 'F', 'P')),
  merchant     INTEGER CHECK (merchant >= 0),
  amount       INTEGER NOT NULL CHECK (amount > 0),
  placed_at    INTEGER NOT NULL,
  placed_on    INTEGER NOT NULL,
  trade_date   INTEGER NOT NULL,
  confirmed_on INTEGER NOT NULL CHECK (confirmed_on > trade_date),
  status       TEXT    NOT NULL CHECK (status IN ('P', 'C')),
  CHECK ((kind = 'P') = (merchant IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX order_open ON fund_order (confirmed_on, id) WHERE status = 'P';
CREATE INDEX order_of_day ON fund_order (trade_date);
CREATE INDEX order_of_investor ON fund_order (investor, placed_on);

-- What an order changes holdings by, from a day on. What incomes change them by is in `income`.
CREATE TABLE share_move (
  id       BLOB    NOT NULL REFERENCES fund_order (id),
  leg      INTEGER NOT NULL,
  holder   INTEGER NOT NULL,
  from_day INTEGER NOT NULL,
  shares   INTEGER NOT NULL CHECK (shares <> 0),
  PRIMARY KEY (id, leg)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_of_holder ON share_move (holder, from_day);
CREATE INDEX move_from ON share_move (from_day, holder);

-- stage: 0 open, 1 cut, 2 confirmed, 3 distributed, 4 closed. The income is there once it is divided,
-- and is booked when the day becomes distributed.
CREATE TABLE day (
  day             INTEGER NOT NULL PRIMARY KEY,
  stage           INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 4),
  cut_orders      INTEGER, cut_subscribed  INTEGER, cut_redeemed  INTEGER, cut_fast  INTEGER,
  conf_orders     INTEGER, conf_subscribed INTEGER, conf_redeemed INTEGER, conf_fast INTEGER,
  income          INTEGER,
  shares          INTEGER,
  -- Ten-thousandths of a yuan (万份收益).
  per_ten_thousand INTEGER,
  residue         INTEGER,
  from_reserve    INTEGER,
  CHECK ((stage >= 1) = (cut_orders IS NOT NULL)),
  CHECK ((stage >= 2) = (conf_orders IS NOT NULL)),
  CHECK (stage >= 2 OR income IS NULL),
  CHECK (stage < 3 OR (income IS NOT NULL AND shares IS NOT NULL AND per_ten_thousand IS NOT NULL
    AND residue IS NOT NULL AND from_reserve IS NOT NULL))
) STRICT;

-- The register of a day and its income: every holder with a right on it. `borne` is what is booked:
-- less of a loss than `income` where the holder has not got it any more. They are the legs of the
-- day's voucher on subject 4001, and count from the next day on.
CREATE TABLE income (
  day    INTEGER NOT NULL, -- of `day`: see income_comes_before
  holder INTEGER NOT NULL CHECK (holder >= 0),
  shares INTEGER NOT NULL CHECK (shares > 0),
  income INTEGER NOT NULL,
  borne  INTEGER NOT NULL CHECK (borne = income OR (income < borne AND borne <= 0)),
  PRIMARY KEY (day, holder),
  CHECK (shares + income >= 0)
) STRICT, WITHOUT ROWID;

-- Nothing that is booked changes or goes.

CREATE TRIGGER voucher_stays BEFORE UPDATE ON voucher
BEGIN SELECT RAISE(ABORT, 'append-only: a voucher is corrected by another one'); END;
CREATE TRIGGER voucher_is_kept BEFORE DELETE ON voucher
BEGIN SELECT RAISE(ABORT, 'append-only: a voucher is corrected by another one'); END;
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'append-only: a posting is corrected by another voucher'); END;
CREATE TRIGGER posting_is_kept BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'append-only: a posting is corrected by another voucher'); END;
CREATE TRIGGER move_stays BEFORE UPDATE ON share_move
BEGIN SELECT RAISE(ABORT, 'append-only: a change of a holding stays'); END;
CREATE TRIGGER move_is_kept BEFORE DELETE ON share_move
BEGIN SELECT RAISE(ABORT, 'append-only: a change of a holding stays'); END;
CREATE TRIGGER income_stays BEFORE UPDATE ON income
BEGIN SELECT RAISE(ABORT, 'append-only: an income stays'); END;
CREATE TRIGGER income_is_kept BEFORE DELETE ON income
BEGIN SELECT RAISE(ABORT, 'append-only: an income stays'); END;
CREATE TRIGGER account_is_kept BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'append-only: an account stays'); END;
CREATE TRIGGER account_is_what_it_is BEFORE UPDATE OF subject, number, kind, keeps ON account
BEGIN SELECT RAISE(ABORT, 'append-only: an account keeps its name, kind and limit'); END;
CREATE TRIGGER order_is_kept BEFORE DELETE ON fund_order
BEGIN SELECT RAISE(ABORT, 'append-only: an order stays'); END;
CREATE TRIGGER order_stays BEFORE UPDATE OF id, investor, kind, merchant, amount, placed_at, placed_on, trade_date,
  confirmed_on ON fund_order
BEGIN SELECT RAISE(ABORT, 'append-only: an order stays as it was placed'); END;
CREATE TRIGGER order_is_confirmed_once BEFORE UPDATE OF status ON fund_order WHEN OLD.status = 'C'
BEGIN SELECT RAISE(ABORT, 'order: it is confirmed already'); END;
CREATE TRIGGER day_is_kept BEFORE DELETE ON day
BEGIN SELECT RAISE(ABORT, 'append-only: a day stays'); END;

-- A day goes on step by step, after the one before it.
CREATE TRIGGER day_begins AFTER INSERT ON day WHEN NEW.stage > 1
BEGIN SELECT RAISE(ABORT, 'day: it begins open or cut'); END;
CREATE TRIGGER day_goes_on BEFORE UPDATE OF stage ON day WHEN NEW.stage NOT IN (OLD.stage, OLD.stage + 1)
BEGIN SELECT RAISE(ABORT, 'day: its stages come one after the other'); END;
CREATE TRIGGER day_follows BEFORE UPDATE OF stage ON day
WHEN NEW.stage >= 2 AND NEW.day > (SELECT first_day FROM fund)
  AND coalesce((SELECT stage FROM day WHERE day = NEW.day - 1), 0) < 4
BEGIN SELECT RAISE(ABORT, 'day: the day before it is not closed'); END;
CREATE TRIGGER day_is_divided_once BEFORE UPDATE OF income, shares, per_ten_thousand, residue, from_reserve ON day
WHEN OLD.income IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'day: its income is divided already'); END;

-- A voucher seals its legs.
CREATE TRIGGER posting_comes_before BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM voucher WHERE id = NEW.id AND part = NEW.part)
BEGIN SELECT RAISE(ABORT, 'voucher: its legs are sealed'); END;
CREATE TRIGGER income_comes_before BEFORE INSERT ON income
WHEN coalesce((SELECT stage FROM day WHERE day = NEW.day), 0) <> 2
BEGIN SELECT RAISE(ABORT, 'voucher: its legs are sealed, or its day is not confirmed'); END;
CREATE TRIGGER voucher_has_its_legs BEFORE INSERT ON voucher
WHEN (SELECT count(*) FROM posting WHERE id = NEW.id AND part = NEW.part) <> NEW.legs
BEGIN SELECT RAISE(ABORT, 'voucher: not all of its legs are there'); END;
CREATE TRIGGER voucher_balances BEFORE INSERT ON voucher
WHEN (SELECT coalesce(sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 0)
      FROM posting WHERE id = NEW.id AND part = NEW.part)
  <> CASE NEW.kind
       WHEN 'income' THEN (SELECT coalesce(sum(borne), 0) FROM income WHERE day = NEW.accounting_date)
       ELSE 0
     END
BEGIN SELECT RAISE(ABORT, 'voucher: its debits are not its credits'); END;

-- All legs, those that are kept as columns among them.
CREATE VIEW leg AS
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    p.leg, p.subject, p.number, p.side, p.amount
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, 4001, i.holder, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END, abs(i.borne)
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0;
