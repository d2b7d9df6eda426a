-- Opening books: what was converted from Ruixin Pay, in bulk.

-- Sub-accounts that had names before they had numbers, such as channels.
CREATE TABLE sub_account (
  subject INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  name    TEXT    NOT NULL,
  PRIMARY KEY (subject, number),
  UNIQUE (subject, name),
  FOREIGN KEY (subject, number) REFERENCES account (subject, number)
) STRICT, WITHOUT ROWID;

-- Gross totals that an account opens with: the legs of the opening voucher.
CREATE TABLE opening (
  subject INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  debits  INTEGER NOT NULL,
  credits INTEGER NOT NULL,
  PRIMARY KEY (subject, number),
  FOREIGN KEY (subject, number) REFERENCES account (subject, number)
) STRICT, WITHOUT ROWID;

-- What users subscribed at the freeze: the legs of two vouchers, the subscription and its
-- confirmation.
CREATE TABLE opening_holding (
  holder        INTEGER NOT NULL PRIMARY KEY CHECK (holder >= 0),
  shares        INTEGER NOT NULL CHECK (shares > 0),
  subscribed_on INTEGER NOT NULL,
  confirmed_on  INTEGER NOT NULL CHECK (confirmed_on > subscribed_on)
) STRICT;

-- What was imported: one row.
CREATE TABLE opened (
  one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  vouchers    INTEGER NOT NULL,
  postings    INTEGER NOT NULL,
  accounts    INTEGER NOT NULL,
  holdings    INTEGER NOT NULL,
  debits      INTEGER NOT NULL,
  credits     INTEGER NOT NULL CHECK (debits = credits),
  shares      INTEGER NOT NULL,
  confirmed_on INTEGER,
  -- Of accounts, figures and holdings: the same books once more are told from others.
  digest      TEXT    NOT NULL,
  -- Whether the holdings have been confirmed.
  is_confirmed INTEGER NOT NULL CHECK (is_confirmed IN (0, 1))
) STRICT;

CREATE TRIGGER opening_stays BEFORE UPDATE ON opening
BEGIN SELECT RAISE(ABORT, 'append-only: an opening balance stays'); END;
CREATE TRIGGER opening_is_kept BEFORE DELETE ON opening
BEGIN SELECT RAISE(ABORT, 'append-only: an opening balance stays'); END;
CREATE TRIGGER holding_stays BEFORE UPDATE ON opening_holding
BEGIN SELECT RAISE(ABORT, 'append-only: a holding stays'); END;
CREATE TRIGGER holding_is_kept BEFORE DELETE ON opening_holding
BEGIN SELECT RAISE(ABORT, 'append-only: a holding stays'); END;
CREATE TRIGGER opening_comes_before BEFORE INSERT ON opening
WHEN EXISTS (SELECT 1 FROM opened)
BEGIN SELECT RAISE(ABORT, 'voucher: its legs are sealed'); END;
CREATE TRIGGER holding_comes_before BEFORE INSERT ON opening_holding
WHEN EXISTS (SELECT 1 FROM opened)
BEGIN SELECT RAISE(ABORT, 'voucher: its legs are sealed'); END;
CREATE TRIGGER opened_stays BEFORE DELETE ON opened
BEGIN SELECT RAISE(ABORT, 'append-only: opening books stay'); END;
CREATE TRIGGER opened_is_confirmed_once BEFORE UPDATE ON opened WHEN OLD.is_confirmed = 1
BEGIN SELECT RAISE(ABORT, 'append-only: opening books stay'); END;

CREATE UNIQUE INDEX voucher_opening_once ON voucher (kind)
  WHERE kind IN ('opening', 'opening_subscription', 'opening_confirmation');

DROP TRIGGER voucher_balances;
CREATE TRIGGER voucher_balances BEFORE INSERT ON voucher
WHEN (SELECT coalesce(sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 0)
      FROM posting WHERE id = NEW.id AND part = NEW.part)
  <> CASE NEW.kind
       WHEN 'income' THEN (SELECT coalesce(sum(borne), 0) FROM income WHERE day = NEW.accounting_date)
       WHEN 'opening' THEN (SELECT coalesce(sum(credits), 0) - coalesce(sum(debits), 0) FROM opening)
       WHEN 'opening_subscription' THEN (SELECT -coalesce(sum(shares), 0) FROM opening_holding)
       WHEN 'opening_confirmation' THEN (SELECT coalesce(sum(shares), 0) FROM opening_holding)
       ELSE 0
     END
BEGIN SELECT RAISE(ABORT, 'voucher: its debits are not its credits'); END;

DROP VIEW leg;
CREATE VIEW leg AS
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    p.leg, p.subject, p.number, p.side, p.amount
  FROM posting p JOIN voucher v ON v.id = p.id AND v.part = p.part
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, 4001, i.holder, CASE WHEN i.borne < 0 THEN 'D' ELSE 'C' END, abs(i.borne)
  FROM voucher v JOIN income i ON i.day = v.accounting_date
  WHERE v.kind = 'income' AND i.borne <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, o.subject, o.number, 'D', o.debits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.debits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, o.subject, o.number, 'C', o.credits
  FROM opening o JOIN voucher v ON v.kind = 'opening' WHERE o.credits <> 0
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, 2001, h.holder, 'D', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_subscription'
  UNION ALL
  SELECT v.id, v.part, v.kind, v.link_id, v.link_part, v.accounting_date, v.booked_at, v.memo,
    0, 4001, h.holder, 'C', h.shares
  FROM opening_holding h JOIN voucher v ON v.kind = 'opening_confirmation';
