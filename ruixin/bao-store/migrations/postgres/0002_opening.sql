-- Opening books: what was converted from Ruixin Pay, in bulk.

-- Sub-accounts that had names before they had numbers, such as channels.
CREATE TABLE sub_account (
  subject bigint NOT NULL,
  number  bigint NOT NULL,
  name    text    NOT NULL,
  PRIMARY KEY (subject, number),
  UNIQUE (subject, name),
  FOREIGN KEY (subject, number) REFERENCES account (subject, number)
);

-- Gross totals that an account opens with: the legs of the opening voucher.
CREATE TABLE opening ( -- of `account`: see opening_comes_before
  subject bigint NOT NULL,
  number  bigint NOT NULL,
  debits  bigint NOT NULL,
  credits bigint NOT NULL,
  PRIMARY KEY (subject, number)
);

-- What users subscribed at the freeze: the legs of two vouchers, the subscription and its
-- confirmation.
CREATE TABLE opening_holding (
  holder        bigint NOT NULL PRIMARY KEY CHECK (holder >= 0),
  shares        bigint NOT NULL CHECK (shares > 0),
  subscribed_on bigint NOT NULL,
  confirmed_on  bigint NOT NULL CHECK (confirmed_on > subscribed_on)
);

-- What was imported: one row.
CREATE TABLE opened (
  one         bigint NOT NULL PRIMARY KEY CHECK (one = 1),
  vouchers    bigint NOT NULL,
  postings    bigint NOT NULL,
  accounts    bigint NOT NULL,
  holdings    bigint NOT NULL,
  debits      bigint NOT NULL,
  credits     bigint NOT NULL CHECK (debits = credits),
  shares      bigint NOT NULL,
  confirmed_on bigint,
  -- Of accounts, figures and holdings: the same books once more are told from others.
  digest      text    NOT NULL,
  -- Whether the holdings have been confirmed.
  is_confirmed bigint NOT NULL CHECK (is_confirmed IN (0, 1))
);

CREATE TRIGGER opening_stays BEFORE UPDATE ON opening FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an opening balance stays');
CREATE TRIGGER opening_is_kept BEFORE DELETE ON opening FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an opening balance stays');
CREATE TRIGGER holding_stays BEFORE UPDATE ON opening_holding FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a holding stays');
CREATE TRIGGER holding_is_kept BEFORE DELETE ON opening_holding FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: a holding stays');
-- It looks at all rows of a statement at once, for a foreign key too.
CREATE FUNCTION opening_comes_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM opened)) THEN
    RAISE EXCEPTION 'voucher: its legs are sealed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS
      (SELECT 1 FROM account a WHERE a.subject = n.subject AND a.number = n.number))) THEN
    RAISE EXCEPTION 'opening: there is no such account' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER opening_comes_before AFTER INSERT ON opening REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION opening_comes_before();
CREATE FUNCTION holding_comes_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM opened)) THEN
    RAISE EXCEPTION 'voucher: its legs are sealed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER holding_comes_before AFTER INSERT ON opening_holding REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION holding_comes_before();
CREATE TRIGGER opened_stays BEFORE DELETE ON opened FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: opening books stay');
CREATE TRIGGER opened_is_confirmed_once BEFORE UPDATE ON opened FOR EACH ROW
  WHEN (OLD.is_confirmed = 1) EXECUTE FUNCTION refuse('append-only: opening books stay');
CREATE TRIGGER opening_is_not_emptied BEFORE TRUNCATE ON opening FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER opening_holding_is_not_emptied BEFORE TRUNCATE ON opening_holding FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER opened_is_not_emptied BEFORE TRUNCATE ON opened FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');

CREATE UNIQUE INDEX voucher_opening_once ON voucher (kind)
  WHERE kind IN ('opening', 'opening_subscription', 'opening_confirmation');

DROP TRIGGER voucher_balances ON voucher;
DROP FUNCTION voucher_balances();
CREATE FUNCTION voucher_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ((SELECT coalesce(sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 0)
      FROM posting WHERE id = NEW.id AND part = NEW.part)
  <> CASE NEW.kind
       WHEN 'income' THEN (SELECT coalesce(sum(borne), 0) FROM income WHERE day = NEW.accounting_date)
       WHEN 'opening' THEN (SELECT coalesce(sum(credits), 0) - coalesce(sum(debits), 0) FROM opening)
       WHEN 'opening_subscription' THEN (SELECT -coalesce(sum(shares), 0) FROM opening_holding)
       WHEN 'opening_confirmation' THEN (SELECT coalesce(sum(shares), 0) FROM opening_holding)
       ELSE 0
     END) THEN
    RAISE EXCEPTION 'voucher: its debits are not its credits' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER voucher_balances BEFORE INSERT ON voucher FOR EACH ROW EXECUTE FUNCTION voucher_balances();

DROP VIEW leg;
CREATE VIEW leg AS
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    p.leg, p.subject, p.number, p.side, p.amount
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, 4001::bigint, i.holder, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END, abs(i.borne)
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, o.subject, o.number, 'D', o.debits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.debits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, o.subject, o.number, 'C', o.credits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.credits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, 2001::bigint, h.holder, 'D', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_subscription'
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0::bigint, 4001::bigint, h.holder, 'C', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_confirmation';
