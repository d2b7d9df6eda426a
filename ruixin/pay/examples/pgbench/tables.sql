-- What a transfer of Ruixin Pay writes, without the service: 1,000 accounts, and the tables it adds to.
CREATE TABLE account (account BIGINT PRIMARY KEY, balance DECIMAL(18, 2) NOT NULL CHECK (balance >= 0), flow_count BIGINT NOT NULL);
INSERT INTO account SELECT number, 10000000, 0 FROM generate_series(1, 1000) AS number;
CREATE TABLE orders (order_id BIGSERIAL PRIMARY KEY, payer BIGINT REFERENCES account, payee BIGINT REFERENCES account,
  amount DECIMAL(18, 2) NOT NULL, created_at TIMESTAMP(3) NOT NULL, title TEXT);
CREATE TABLE flow (serial BIGSERIAL PRIMARY KEY, account BIGINT NOT NULL REFERENCES account, amount DECIMAL(18, 2) NOT NULL,
  order_id BIGINT REFERENCES orders, happened_at TIMESTAMP(3) NOT NULL, memo TEXT);
CREATE INDEX flow_by_account ON flow (account, serial);
CREATE INDEX flow_by_order ON flow (order_id);
CREATE TABLE request (request BIGSERIAL PRIMARY KEY, answer TEXT NOT NULL);
