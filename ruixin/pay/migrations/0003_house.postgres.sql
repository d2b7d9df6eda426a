-- The house's own accounts stand against all customers together: the bound of one customer's account is
-- none of theirs. Migration 1 gave the check no name; PostgreSQL names it after its one column.
ALTER TABLE account DROP CONSTRAINT account_balance_check;
ALTER TABLE account ADD CONSTRAINT account_balance_check CHECK (owner = 'H' OR balance < 10000000000000);
