-- The books of Ruixin Bao: accounts, vouchers and their legs, the fund's orders, moves and days.
--
-- Amounts are fen, shares hundredths, instants microseconds since 1970 UTC, days days since
-- 1970-01-01, ids 16 bytes. A voucher's legs are written before the voucher itself, which seals
-- them: the voucher is refused if they do not balance, and no leg is taken after it.

-- What the operator set: one row.
CREATE TABLE fund (
  one             bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  first_day       bigint NOT NULL,
  settlement_bank bigint NOT NULL CHECK (settlement_bank >= 0),
  provider        bigint NOT NULL CHECK (provider >= 0),
  fast_cap        bigint CHECK (fast_cap >= 0),
  payment_cap     bigint CHECK (payment_cap >= 0),
  calendar_first  bigint NOT NULL,
  calendar_last   bigint NOT NULL,
  CHECK (calendar_first <= first_day AND first_day <= calendar_last)
);

-- Days on which the trading calendar is not that of the week: weekdays without trading, weekends with.
CREATE TABLE calendar_exception (
  day    bigint NOT NULL PRIMARY KEY,
  trades bigint NOT NULL CHECK (trades IN (0, 1))
);

-- kind: A asset, L liability, Q equity, I income, E expense.
-- keeps: N nothing; D debits, pending ones too, must not exceed posted credits; C the mirror of it.
CREATE TABLE account (
  subject        bigint NOT NULL CHECK (subject BETWEEN 0 AND 65535),
  number         bigint NOT NULL CHECK (number >= 0),
  kind           text    NOT NULL CHECK (kind IN ('A', 'L', 'Q', 'I', 'E')),
  keeps          text    NOT NULL CHECK (keeps IN ('N', 'D', 'C')),
  debits_posted  bigint NOT NULL,
  credits_posted bigint NOT NULL,
  debits_pending bigint NOT NULL CHECK (debits_pending >= 0),
  credits_pending bigint NOT NULL CHECK (credits_pending >= 0),
  PRIMARY KEY (subject, number),
  CONSTRAINT no_overdraft CHECK (keeps <> 'D' OR debits_posted + debits_pending <= credits_posted),
  CONSTRAINT not_more_than_is_there CHECK (keeps <> 'C' OR credits_posted + credits_pending <= debits_posted)
) WITH (fillfactor = 50); -- every night all accounts of shares move: so their rows stay on their pages

CREATE TABLE voucher (
  id              bytea    NOT NULL CHECK (octet_length(id) = 16),
  part            bigint NOT NULL CHECK (part BETWEEN 0 AND 4294967295),
  kind            text    NOT NULL CHECK (kind IN ('booking', 'pending', 'post', 'void', 'reversal', 'rebooking',
                    'income', 'opening', 'opening_subscription', 'opening_confirmation')),
  link_id         bytea,
  link_part       bigint,
  expires_at      bigint,
  accounting_date bigint NOT NULL,
  booked_at       bigint NOT NULL,
  -- 1 where the legs were asked for, 0 where they follow from the voucher that is linked.
  own_legs        bigint NOT NULL CHECK (own_legs IN (0, 1)),
  legs            bigint NOT NULL CHECK (legs >= 0),
  memo            text    NOT NULL,
  PRIMARY KEY (id, part),
  FOREIGN KEY (link_id, link_part) REFERENCES voucher (id, part),
  CHECK ((kind IN ('post', 'void', 'reversal', 'rebooking')) = (link_id IS NOT NULL)),
  CHECK ((link_id IS NULL) = (link_part IS NULL)),
  CHECK (expires_at IS NULL OR (kind = 'pending' AND expires_at > booked_at))
);
CREATE UNIQUE INDEX voucher_resolved_once ON voucher (link_id, link_part) WHERE kind IN ('post', 'void');
CREATE UNIQUE INDEX voucher_reversed_once ON voucher (link_id, link_part) WHERE kind = 'reversal';
CREATE UNIQUE INDEX voucher_rebooked_once ON voucher (link_id, link_part) WHERE kind = 'rebooking';
CREATE UNIQUE INDEX voucher_income_once ON voucher (accounting_date) WHERE kind = 'income';
CREATE INDEX voucher_booked_at ON voucher (booked_at);

-- side: D debit, C credit. An amount is below zero in a reversal (红字) only.
CREATE TABLE posting (
  id      bytea    NOT NULL,
  part    bigint NOT NULL,
  leg     bigint NOT NULL CHECK (leg >= 1),
  subject bigint NOT NULL,
  number  bigint NOT NULL,
  side    text    NOT NULL CHECK (side IN ('D', 'C')),
  amount  bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (id, part, leg),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (subject, number) REFERENCES account (subject, number)
);
CREATE INDEX posting_account ON posting (subject, number);

-- kind: S subscribe, R redeem, F redeem fast, P pay. status: P placed, C confirmed.
CREATE TABLE fund_order (
  id           bytea    NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
  investor     bigint NOT NULL CHECK (investor >= 0),
  kind         text    NOT NULL CHECK (kind IN ('S', 'R', 'F', 'P')),
  merchant     bigint CHECK (merchant >= 0),
  amount       bigint NOT NULL CHECK (amount > 0),
  placed_at    bigint NOT NULL,
  placed_on    bigint NOT NULL,
  trade_date   bigint NOT NULL,
  confirmed_on bigint NOT NULL CHECK (confirmed_on > trade_date),
  status       text    NOT NULL CHECK (status IN ('P', 'C')),
  CHECK ((kind = 'P') = (merchant IS NOT NULL))
);
CREATE INDEX order_open ON fund_order (confirmed_on, id) WHERE status = 'P';
CREATE INDEX order_of_day ON fund_order (trade_date);
CREATE INDEX order_of_investor ON fund_order (investor, placed_on);

-- What an order changes holdings by, from a day on. What incomes change them by is in `income`.
CREATE TABLE share_move (
  id       bytea    NOT NULL REFERENCES fund_order (id),
  leg      bigint NOT NULL,
  holder   bigint NOT NULL,
  from_day bigint NOT NULL,
  shares   bigint NOT NULL CHECK (shares <> 0),
  PRIMARY KEY (id, leg)
);
CREATE INDEX move_of_holder ON share_move (holder, from_day);
CREATE INDEX move_from ON share_move (from_day, holder);

-- stage: 0 open, 1 cut, 2 confirmed, 3 distributed, 4 closed. The income is there once it is divided,
-- and is booked when the day becomes distributed.
CREATE TABLE day (
  day             bigint NOT NULL PRIMARY KEY,
  stage           bigint NOT NULL CHECK (stage BETWEEN 0 AND 4),
  cut_orders      bigint, cut_subscribed  bigint, cut_redeemed  bigint, cut_fast  bigint,
  conf_orders     bigint, conf_subscribed bigint, conf_redeemed bigint, conf_fast bigint,
  income          bigint,
  shares          bigint,
  -- Ten-thousandths of a yuan (万份收益).
  per_ten_thousand bigint,
  residue         bigint,
  from_reserve    bigint,
  CHECK ((stage >= 1) = (cut_orders IS NOT NULL)),
  CHECK ((stage >= 2) = (conf_orders IS NOT NULL)),
  CHECK (stage >= 2 OR income IS NULL),
  CHECK (stage < 3 OR (income IS NOT NULL AND shares IS NOT NULL AND per_ten_thousand IS NOT NULL
    AND residue IS NOT NULL AND from_reserve IS NOT NULL))
);

-- The register of a day and its income: every holder with a right on it. `borne` is what is booked:
-- less of a loss than `income` where the holder has not got it any more. They are the legs of the
-- day's voucher on subject 4001, and count from the next day on.
CREATE TABLE income (
  day    bigint NOT NULL, -- of `day`: see income_comes_before
  holder bigint NOT NULL CHECK (holder >= 0),
  shares bigint NOT NULL CHECK (shares > 0),
  income bigint NOT NULL,
  borne  bigint NOT NULL CHECK (borne = income OR (income < borne AND borne <= 0)),
  PRIMARY KEY (day, holder),
  CHECK (shares + income >= 0)
);

-- Nothing that is booked changes or goes.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER voucher_stays BEFORE UPDATE ON voucher FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a voucher is corrected by another one');
CREATE TRIGGER voucher_is_kept BEFORE DELETE ON voucher FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a voucher is corrected by another one');
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a posting is corrected by another voucher');
CREATE TRIGGER posting_is_kept BEFORE DELETE ON posting FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a posting is corrected by another voucher');
CREATE TRIGGER move_stays BEFORE UPDATE ON share_move FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a change of a holding stays');
CREATE TRIGGER move_is_kept BEFORE DELETE ON share_move FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a change of a holding stays');
CREATE TRIGGER income_stays BEFORE UPDATE ON income FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an income stays');
CREATE TRIGGER income_is_kept BEFORE DELETE ON income FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an income stays');
CREATE TRIGGER account_is_kept BEFORE DELETE ON account FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an account stays');
CREATE TRIGGER account_is_what_it_is BEFORE UPDATE OF subject, number, kind, keeps ON account FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an account keeps its name, kind and limit');
CREATE TRIGGER order_is_kept BEFORE DELETE ON fund_order FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an order stays');
CREATE TRIGGER order_stays BEFORE UPDATE OF id, investor, kind, merchant, amount, placed_at, placed_on, trade_date, confirmed_on ON fund_order FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an order stays as it was placed');
CREATE TRIGGER order_is_confirmed_once BEFORE UPDATE OF status ON fund_order FOR EACH ROW
  WHEN (OLD.status = 'C') EXECUTE FUNCTION refuse('order: it is confirmed already');
CREATE TRIGGER day_is_kept BEFORE DELETE ON day FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a day stays');

-- Row triggers do not see TRUNCATE.
CREATE TRIGGER account_is_not_emptied BEFORE TRUNCATE ON account FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER voucher_is_not_emptied BEFORE TRUNCATE ON voucher FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER posting_is_not_emptied BEFORE TRUNCATE ON posting FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER fund_order_is_not_emptied BEFORE TRUNCATE ON fund_order FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER share_move_is_not_emptied BEFORE TRUNCATE ON share_move FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER day_is_not_emptied BEFORE TRUNCATE ON day FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER income_is_not_emptied BEFORE TRUNCATE ON income FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');

-- A day goes on step by step, after the one before it.
CREATE TRIGGER day_begins BEFORE INSERT ON day FOR EACH ROW
  WHEN (NEW.stage > 1) EXECUTE FUNCTION refuse('day: it begins open or cut');
CREATE TRIGGER day_goes_on BEFORE UPDATE OF stage ON day FOR EACH ROW
  WHEN (NEW.stage NOT IN (OLD.stage, OLD.stage + 1)) EXECUTE FUNCTION refuse('day: its stages come one after the other');
CREATE FUNCTION day_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.stage >= 2 AND NEW.day > (SELECT first_day FROM fund)
  AND coalesce((SELECT stage FROM day WHERE day = NEW.day - 1), 0) < 4) THEN
    RAISE EXCEPTION 'day: the day before it is not closed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER day_follows BEFORE UPDATE OF stage ON day FOR EACH ROW EXECUTE FUNCTION day_follows();
CREATE TRIGGER day_is_divided_once BEFORE UPDATE OF income, shares, per_ten_thousand, residue, from_reserve ON day FOR EACH ROW
  WHEN (OLD.income IS NOT NULL) EXECUTE FUNCTION refuse('day: its income is divided already');

-- A voucher seals its legs.
CREATE FUNCTION posting_comes_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM voucher WHERE id = NEW.id AND part = NEW.part)) THEN
    RAISE EXCEPTION 'voucher: its legs are sealed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER posting_comes_before BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_comes_before();
-- It looks at all rows of a statement at once, for a foreign key too, which would look at each.
CREATE FUNCTION income_comes_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM (SELECT DISTINCT day FROM new_rows) n LEFT JOIN day d ON d.day = n.day
      WHERE d.stage IS NULL OR d.stage < 2)) THEN
    RAISE EXCEPTION 'income: its day is not confirmed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (EXISTS (SELECT 1 FROM (SELECT DISTINCT day FROM new_rows) n JOIN day d ON d.day = n.day
      WHERE d.stage >= 3)) THEN
    RAISE EXCEPTION 'voucher: its legs are sealed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER income_comes_before AFTER INSERT ON income REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION income_comes_before();
CREATE FUNCTION voucher_has_its_legs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((SELECT count(*) FROM posting WHERE id = NEW.id AND part = NEW.part) <> NEW.legs) THEN
    RAISE EXCEPTION 'voucher: not all of its legs are there' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER voucher_has_its_legs BEFORE INSERT ON voucher FOR EACH ROW EXECUTE FUNCTION voucher_has_its_legs();
CREATE FUNCTION voucher_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((SELECT coalesce(sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 0)
      FROM posting WHERE id = NEW.id AND part = NEW.part)
  <> CASE NEW.kind
       WHEN 'income' THEN (SELECT coalesce(sum(borne), 0) FROM income WHERE day = NEW.accounting_date)
       ELSE 0
     END) THEN
    RAISE EXCEPTION 'voucher: its debits are not its credits' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER voucher_balances BEFORE INSERT ON voucher FOR EACH ROW EXECUTE FUNCTION voucher_balances();

-- All legs, those that are kept as columns among them.
CREATE VIEW leg AS
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    p.leg, p.subject, p.number, p.side, p.amount
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, 4001::bigint, i.holder, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END, abs(i.borne)
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0;
