-- The house's own accounts stand against all customers together: the bound of one customer's account is
-- none of theirs. SQLite takes a check out of a table by its text alone (its page on ALTER TABLE,
-- section 7: nothing that is stored changes). A table that comes and goes makes others read it anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(
  sql,
  'CHECK (balance > -10000000000000 AND balance < 10000000000000)',
  'CHECK (owner = ''H'' OR balance < 10000000000000)'
) WHERE type = 'table' AND name = 'account';
PRAGMA writable_schema = RESET;
CREATE TABLE checks_are_new (one BIGINT);
DROP TABLE checks_are_new;
