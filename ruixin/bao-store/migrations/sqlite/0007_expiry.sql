-- What the service looks through to release pending vouchers whose time is over.

-- The pending vouchers that expire and that nothing has resolved. The voucher that begins to hold something
-- writes its row, the one that resolves it takes it away.
CREATE TABLE expiring (
  id         BLOB    NOT NULL,
  part       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id, part),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiring_by_time ON expiring (expires_at, id, part);

INSERT INTO expiring (id, part, expires_at)
  SELECT id, part, expires_at FROM voucher v WHERE v.expires_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM voucher r WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part);

CREATE TRIGGER voucher_expires AFTER INSERT ON voucher WHEN NEW.expires_at IS NOT NULL
BEGIN
  INSERT INTO expiring (id, part, expires_at) VALUES (NEW.id, NEW.part, NEW.expires_at);
END;
CREATE TRIGGER voucher_resolves AFTER INSERT ON voucher WHEN NEW.kind IN ('post', 'void')
BEGIN
  DELETE FROM expiring WHERE id = NEW.link_id AND part = NEW.link_part;
END;

CREATE TRIGGER expiring_stays BEFORE UPDATE ON expiring
BEGIN SELECT RAISE(ABORT, 'append-only: when a voucher expires stays'); END;
CREATE TRIGGER expiring_is_kept BEFORE DELETE ON expiring
WHEN NOT EXISTS (SELECT 1 FROM voucher
    WHERE kind IN ('post', 'void') AND link_id = OLD.id AND link_part = OLD.part)
BEGIN SELECT RAISE(ABORT, 'append-only: a voucher that expires waits until something resolves it'); END;
