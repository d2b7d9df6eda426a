-- A number of PostgreSQL keeps each fen: there is nothing to bound.
SELECT 1;
