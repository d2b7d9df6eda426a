\set one random(1, 1000)
\set two random(1, 1000)
\set fen random(1, 9999)
BEGIN;
SELECT balance FROM account WHERE account IN (:one, :two) ORDER BY account FOR NO KEY UPDATE;
INSERT INTO orders (payer, payee, amount, created_at) VALUES (:one, :two, :fen * 0.01, now());
INSERT INTO flow (account, amount, order_id, happened_at) VALUES (:one, :fen * -0.01, currval('orders_order_id_seq'), now());
INSERT INTO flow (account, amount, order_id, happened_at) VALUES (:two, :fen * 0.01, currval('orders_order_id_seq'), now());
UPDATE account SET balance = balance - :fen * 0.01, flow_count = flow_count + 1 WHERE account = :one;
UPDATE account SET balance = balance + :fen * 0.01, flow_count = flow_count + 1 WHERE account = :two;
INSERT INTO request (answer) VALUES (repeat('x', 600));
COMMIT;
