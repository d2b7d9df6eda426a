-- What the service looks through to release pending vouchers whose time is over.

-- A program of the version before may still book: what it commits after the table is filled and before the
-- triggers are there would not be in it.
LOCK TABLE voucher IN SHARE ROW EXCLUSIVE MODE;

-- The pending vouchers that expire and that nothing has resolved. The voucher that begins to hold something
-- writes its row, the one that resolves it takes it away.
CREATE TABLE expiring (
  id         bytea  NOT NULL,
  part       bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (id, part),
  FOREIGN KEY (id, part) REFERENCES voucher (id, part)
);
CREATE INDEX expiring_by_time ON expiring (expires_at, id, part);

INSERT INTO expiring (id, part, expires_at)
  SELECT id, part, expires_at FROM voucher v WHERE v.expires_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM voucher r WHERE r.kind IN ('post', 'void') AND r.link_id = v.id AND r.link_part = v.part);

CREATE FUNCTION voucher_expires() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO expiring (id, part, expires_at) VALUES (NEW.id, NEW.part, NEW.expires_at);
  RETURN NULL;
END $$;
CREATE TRIGGER voucher_expires AFTER INSERT ON voucher FOR EACH ROW
  WHEN (NEW.expires_at IS NOT NULL) EXECUTE FUNCTION voucher_expires();
CREATE FUNCTION voucher_resolves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM expiring WHERE id = NEW.link_id AND part = NEW.link_part;
  RETURN NULL;
END $$;
CREATE TRIGGER voucher_resolves AFTER INSERT ON voucher FOR EACH ROW
  WHEN (NEW.kind IN ('post', 'void')) EXECUTE FUNCTION voucher_resolves();

CREATE TRIGGER expiring_stays BEFORE UPDATE ON expiring FOR EACH ROW
  EXECUTE FUNCTION refuse('append-only: when a voucher expires stays');
CREATE FUNCTION expiring_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NOT EXISTS (SELECT 1 FROM voucher
      WHERE kind IN ('post', 'void') AND link_id = OLD.id AND link_part = OLD.part)) THEN
    RAISE EXCEPTION 'append-only: a voucher that expires waits until something resolves it'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER expiring_is_kept BEFORE DELETE ON expiring FOR EACH ROW EXECUTE FUNCTION expiring_is_kept();
CREATE TRIGGER expiring_is_not_emptied BEFORE TRUNCATE ON expiring FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('append-only: books are not emptied');
