-- What was not at its end in the books that these were opened with: withdrawals under way, what is held,
-- what waits in escrow, payments of which something can be given back; and how each comes to its end.

-- How often the window was closed, so that who opens it sees a close that came in between; and whether it
-- was ever open: before that, books that took a ledger over are looked at.
ALTER TABLE service_window
  ADD COLUMN closings bigint NOT NULL DEFAULT 0 CHECK (closings >= 0),
  ADD COLUMN was_open bigint NOT NULL DEFAULT 0 CHECK (was_open IN (0, 1));
UPDATE service_window SET was_open = 1 WHERE is_open = 1 OR EXISTS (SELECT 1 FROM answer);

-- kind: W withdrawal, H hold, E escrow, P payment. A name is a number of the old books: digits, fewer than
-- an id has.
CREATE TABLE open_item ( -- of `account`: see item_comes_before
  item     text COLLATE "C" NOT NULL PRIMARY KEY CHECK (item ~ '^[0-9]{1,31}$'),
  kind     text   NOT NULL CHECK (kind IN ('W', 'H', 'E', 'P')),
  -- The account of the user or merchant who withdraws, is held, or has paid.
  subject  bigint NOT NULL CHECK (subject IN (2001, 2002)),
  number   bigint NOT NULL,
  merchant bigint CHECK (merchant >= 0),
  channel  text,
  amount   bigint NOT NULL CHECK (amount > 0),
  -- What the house keeps of it when it ends as it was meant to.
  fee      bigint NOT NULL CHECK (fee >= 0 AND fee <= amount),
  -- What the house has added, and gets back when it does not.
  coupon   bigint NOT NULL CHECK (coupon >= 0 AND coupon < amount),
  -- What had been given back of it before.
  done     bigint NOT NULL CHECK (done >= 0 AND done < amount),
  CHECK ((kind IN ('E', 'P')) = (merchant IS NOT NULL)),
  CHECK (kind IN ('W', 'E') OR fee = 0),
  CHECK (kind = 'E' OR coupon = 0),
  CHECK (kind = 'P' OR done = 0)
);
CREATE INDEX open_item_under_way ON open_item (number, item) WHERE kind <> 'P';
CREATE INDEX open_item_of_merchant ON open_item (merchant, item) WHERE kind = 'E';

-- Which voucher brings how much of which item to its end, and how.
CREATE TABLE item_end (
  id     bytea  NOT NULL PRIMARY KEY,
  part   bigint NOT NULL CHECK (part = 0),
  item   text   COLLATE "C" NOT NULL REFERENCES open_item (item),
  ending text   NOT NULL CHECK (ending IN ('paid', 'refused', 'released', 'confirmed', 'returned', 'refunded')),
  amount bigint NOT NULL CHECK (amount > 0),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part)
);
CREATE INDEX item_end_of ON item_end (item);

CREATE TRIGGER item_stays BEFORE UPDATE ON open_item FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an open item stays');
CREATE TRIGGER item_is_kept BEFORE DELETE ON open_item FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: an open item stays');
CREATE TRIGGER item_is_not_emptied BEFORE TRUNCATE ON open_item FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
CREATE TRIGGER end_stays BEFORE UPDATE ON item_end FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: the end of an item stays');
CREATE TRIGGER end_is_kept BEFORE DELETE ON item_end FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: the end of an item stays');
CREATE TRIGGER end_is_not_emptied BEFORE TRUNCATE ON item_end FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');

-- Once for a statement, and no foreign key: there may be a hundred million rows.
CREATE FUNCTION item_comes_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (EXISTS (SELECT 1 FROM opened)) THEN
    RAISE EXCEPTION 'open item: the books are opened' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS
      (SELECT 1 FROM account a WHERE a.subject = n.subject AND a.number = n.number))) THEN
    RAISE EXCEPTION 'open item: there is no such account' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER item_comes_before AFTER INSERT ON open_item REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
  EXECUTE FUNCTION item_comes_before();

-- An item ends in its own way, what ends at once with all of it, and no more than there is of it, but for
-- what was taken back.
CREATE FUNCTION end_is_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Of two that end an item at once one waits for the other.
  PERFORM 1 FROM open_item WHERE item = NEW.item FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM open_item i WHERE i.item = NEW.item AND (
      (i.kind = 'W' AND NEW.ending IN ('paid', 'refused') AND NEW.amount = i.amount)
      OR (i.kind = 'E' AND NEW.ending IN ('confirmed', 'returned') AND NEW.amount = i.amount)
      OR (i.kind = 'H' AND NEW.ending = 'released')
      OR (i.kind = 'P' AND NEW.ending = 'refunded'))) THEN
    RAISE EXCEPTION 'open item: it does not end so' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.amount + (SELECT coalesce(sum(amount), 0) FROM item_end e WHERE e.item = NEW.item
      AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = e.id AND v.link_part = 0))
    > (SELECT amount - done FROM open_item WHERE item = NEW.item)) THEN
    RAISE EXCEPTION 'open item: more than is left of it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER end_is_fit BEFORE INSERT ON item_end FOR EACH ROW EXECUTE FUNCTION end_is_fit();
