-- What was not at its end in the books that these were opened with: withdrawals under way, what is held,
-- what waits in escrow, payments of which something can be given back; and how each comes to its end.

-- How often the window was closed, so that who opens it sees a close that came in between; and whether it
-- was ever open: before that, books that took a ledger over are looked at.
ALTER TABLE service_window ADD COLUMN closings INTEGER NOT NULL DEFAULT 0 CHECK (closings >= 0);
ALTER TABLE service_window ADD COLUMN was_open INTEGER NOT NULL DEFAULT 0 CHECK (was_open IN (0, 1));
UPDATE service_window SET was_open = 1 WHERE is_open = 1 OR EXISTS (SELECT 1 FROM answer);

-- kind: W withdrawal, H hold, E escrow, P payment. A name is a number of the old books: digits, fewer than
-- an id has.
CREATE TABLE open_item (
  item     TEXT    NOT NULL PRIMARY KEY CHECK (length(item) BETWEEN 1 AND 31 AND item NOT GLOB '*[^0-9]*'),
  kind     TEXT    NOT NULL CHECK (kind IN ('W', 'H', 'E', 'P')),
  -- The account of the user or merchant who withdraws, is held, or has paid.
  subject  INTEGER NOT NULL CHECK (subject IN (2001, 2002)),
  number   INTEGER NOT NULL,
  merchant INTEGER CHECK (merchant >= 0),
  channel  TEXT,
  amount   INTEGER NOT NULL CHECK (amount > 0),
  -- What the house keeps of it when it ends as it was meant to.
  fee      INTEGER NOT NULL CHECK (fee >= 0 AND fee <= amount),
  -- What the house has added, and gets back when it does not.
  coupon   INTEGER NOT NULL CHECK (coupon >= 0 AND coupon < amount),
  -- What had been given back of it before.
  done     INTEGER NOT NULL CHECK (done >= 0 AND done < amount),
  FOREIGN KEY (subject, number) REFERENCES account (subject, number),
  CHECK ((kind IN ('E', 'P')) = (merchant IS NOT NULL)),
  CHECK (kind IN ('W', 'E') OR fee = 0),
  CHECK (kind = 'E' OR coupon = 0),
  CHECK (kind = 'P' OR done = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_item_under_way ON open_item (number, item) WHERE kind <> 'P';
CREATE INDEX open_item_of_merchant ON open_item (merchant, item) WHERE kind = 'E';

-- Which voucher brings how much of which item to its end, and how.
CREATE TABLE item_end (
  id     BLOB    NOT NULL PRIMARY KEY,
  part   INTEGER NOT NULL CHECK (part = 0),
  item   TEXT    NOT NULL REFERENCES open_item (item),
  ending TEXT    NOT NULL CHECK (ending IN ('paid', 'refused', 'released', 'confirmed', 'returned', 'refunded')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part)
) STRICT;
CREATE INDEX item_end_of ON item_end (item);

CREATE TRIGGER item_stays BEFORE UPDATE ON open_item
BEGIN SELECT RAISE(ABORT, 'append-only: an open item stays'); END;
CREATE TRIGGER item_is_kept BEFORE DELETE ON open_item
BEGIN SELECT RAISE(ABORT, 'append-only: an open item stays'); END;
CREATE TRIGGER item_comes_before BEFORE INSERT ON open_item
WHEN EXISTS (SELECT 1 FROM opened)
BEGIN SELECT RAISE(ABORT, 'open item: the books are opened'); END;
CREATE TRIGGER end_stays BEFORE UPDATE ON item_end
BEGIN SELECT RAISE(ABORT, 'append-only: the end of an item stays'); END;
CREATE TRIGGER end_is_kept BEFORE DELETE ON item_end
BEGIN SELECT RAISE(ABORT, 'append-only: the end of an item stays'); END;

-- An item ends in its own way, what ends at once with all of it, and no more than there is of it, but for
-- what was taken back.
CREATE TRIGGER end_is_fit BEFORE INSERT ON item_end
WHEN NOT EXISTS (SELECT 1 FROM open_item i WHERE i.item = NEW.item AND (
    (i.kind = 'W' AND NEW.ending IN ('paid', 'refused') AND NEW.amount = i.amount)
    OR (i.kind = 'E' AND NEW.ending IN ('confirmed', 'returned') AND NEW.amount = i.amount)
    OR (i.kind = 'H' AND NEW.ending = 'released')
    OR (i.kind = 'P' AND NEW.ending = 'refunded')))
BEGIN SELECT RAISE(ABORT, 'open item: it does not end so'); END;
CREATE TRIGGER end_is_within BEFORE INSERT ON item_end
WHEN NEW.amount + (SELECT coalesce(sum(amount), 0) FROM item_end e WHERE e.item = NEW.item
    AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' AND v.link_id = e.id AND v.link_part = 0))
  > (SELECT amount - done FROM open_item WHERE item = NEW.item)
BEGIN SELECT RAISE(ABORT, 'open item: more than is left of it'); END;
