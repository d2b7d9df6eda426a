-- The books of Ruixin Pay, in the layout of ruixin/history. Single entry: a row of `flow` for each
-- movement of a customer's account. Amounts are yuan; times are the clock of Shanghai, without a zone.
CREATE TABLE channel (
  channel TEXT NOT NULL PRIMARY KEY,
  name    TEXT NOT NULL
);
CREATE TABLE type_code (
  type_code  TEXT NOT NULL,
  direction  TEXT NOT NULL CHECK (direction IN ('1', '2')),
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_to   DATE,
  PRIMARY KEY (type_code, direction, valid_from)
);
CREATE TABLE status_code (
  table_name TEXT NOT NULL,
  code       TEXT NOT NULL,
  word       TEXT NOT NULL,
  name       TEXT NOT NULL,
  PRIMARY KEY (table_name, code)
);
CREATE TABLE channel_rate (
  channel    TEXT          NOT NULL REFERENCES channel (channel),
  purpose    TEXT          NOT NULL CHECK (purpose IN ('BANK', 'WITHDRAWAL')),
  rate       DECIMAL(9, 6) NOT NULL CHECK (rate >= 0 AND rate < 0.5),
  least      DECIMAL(18, 2) NOT NULL CHECK (least >= 0),
  most       DECIMAL(18, 2) NOT NULL CHECK (most >= least),
  valid_from DATE          NOT NULL,
  valid_to   DATE,
  PRIMARY KEY (channel, purpose, valid_from)
);
CREATE TABLE merchant_rate (
  class      TEXT          NOT NULL,
  name       TEXT          NOT NULL,
  rate       DECIMAL(9, 6) NOT NULL CHECK (rate >= 0 AND rate < 0.5),
  valid_from DATE          NOT NULL,
  valid_to   DATE,
  PRIMARY KEY (class, valid_from)
);
CREATE TABLE account (
  account         TEXT           NOT NULL PRIMARY KEY CHECK (length(account) = 16),
  owner           TEXT           NOT NULL CHECK (owner IN ('U', 'M', 'H')),
  name            TEXT           NOT NULL CHECK (name <> ''),
  class           TEXT,
  channel         TEXT           REFERENCES channel (channel),
  opened_at       TIMESTAMP      NOT NULL,
  status          TEXT           NOT NULL CHECK (status IN ('0', '1')),
  opening_balance DECIMAL(18, 2) NOT NULL,
  balance         DECIMAL(18, 2) NOT NULL,
  frozen          DECIMAL(18, 2) NOT NULL CHECK (frozen >= 0 AND frozen < 10000000000000),
  flow_count      BIGINT         NOT NULL CHECK (flow_count >= 0),
  last_serial     TEXT,
  check_code      BIGINT         NOT NULL,
  -- Nobody owes the wallet. The house's own accounts have the sign of a debt.
  CHECK (owner = 'H' OR balance >= 0),
  CHECK (balance > -10000000000000 AND balance < 10000000000000),
  CHECK ((owner = 'U') = (class IS NULL)),
  CHECK ((frozen = 0) = (status = '0')),
  CHECK ((flow_count = 0) = (last_serial IS NULL))
);
CREATE TABLE orders (
  order_id    TEXT           NOT NULL PRIMARY KEY CHECK (length(order_id) = 21),
  order_type  TEXT           NOT NULL CHECK (order_type IN ('P', 'E', 'T', 'C', 'W')),
  payer       TEXT           REFERENCES account (account),
  payee       TEXT           REFERENCES account (account),
  amount      DECIMAL(18, 2) NOT NULL CHECK (amount > 0),
  coupon      DECIMAL(18, 2) CHECK (coupon > 0 AND coupon < amount),
  refunded    DECIMAL(18, 2) NOT NULL CHECK (refunded >= 0),
  channel     TEXT,
  status      TEXT           NOT NULL CHECK (status IN ('1', '2', '3', '4', '5', '6', '7')),
  created_at  TIMESTAMP      NOT NULL,
  finished_at TIMESTAMP,
  title       TEXT           CHECK (title <> ''),
  check_code  BIGINT         NOT NULL,
  CHECK (payer IS NOT NULL OR payee IS NOT NULL),
  CHECK (payer <> payee),
  -- Never more is given back than was paid. Rounded: these are whole fen.
  CHECK (round((amount - coalesce(coupon, 0) - refunded) * 100) >= 0),
  CHECK ((status = '1') = (finished_at IS NULL) OR status = '6')
);
CREATE TABLE flow (
  serial        TEXT           NOT NULL PRIMARY KEY CHECK (length(serial) = 22),
  account       TEXT           NOT NULL REFERENCES account (account),
  direction     TEXT           NOT NULL CHECK (direction IN ('1', '2')),
  amount        DECIMAL(18, 2) NOT NULL,
  fee           DECIMAL(18, 2) NOT NULL CHECK (fee >= 0),
  coupon        DECIMAL(18, 2) CHECK (coupon > 0),
  balance_after DECIMAL(18, 2) NOT NULL CHECK (balance_after >= 0),
  type_code     TEXT           NOT NULL,
  status        TEXT           NOT NULL CHECK (status IN ('0', '1', '2')),
  happened_at   TIMESTAMP      NOT NULL,
  counterparty  TEXT           REFERENCES account (account),
  order_id      TEXT           REFERENCES orders (order_id),
  channel       TEXT,
  memo          TEXT           CHECK (memo <> ''),
  check_code    BIGINT         NOT NULL,
  -- Below zero are red entries alone.
  CHECK (amount > 0 OR status = '2')
);
CREATE INDEX flow_by_account ON flow (account, serial);
CREATE INDEX flow_by_order ON flow (order_id) WHERE order_id IS NOT NULL;
CREATE TABLE channel_file (
  bank_serial TEXT           NOT NULL PRIMARY KEY CHECK (length(bank_serial) = 19),
  channel     TEXT           NOT NULL,
  side        TEXT           NOT NULL CHECK (side IN ('C', 'D')),
  order_id    TEXT           NOT NULL UNIQUE REFERENCES orders (order_id),
  amount      DECIMAL(18, 2) NOT NULL CHECK (amount > 0),
  bank_fee    DECIMAL(18, 2) NOT NULL CHECK (bank_fee >= 0),
  bank_date   DATE           NOT NULL,
  bank_time   TIMESTAMP      NOT NULL,
  check_code  BIGINT         NOT NULL
);
CREATE TABLE daily_total (
  business_day DATE           NOT NULL,
  type_code    TEXT           NOT NULL,
  direction    TEXT           NOT NULL CHECK (direction IN ('1', '2')),
  records      BIGINT         NOT NULL CHECK (records > 0),
  amount       DECIMAL(18, 2) NOT NULL,
  fee          DECIMAL(18, 2) NOT NULL,
  coupon       DECIMAL(18, 2) NOT NULL,
  PRIMARY KEY (business_day, type_code, direction)
);

-- What the service needs beside its books.

-- What is held, by the serial of the FREEZE that began it. Of a withdrawal, its order.
CREATE TABLE hold (
  serial   TEXT           NOT NULL PRIMARY KEY REFERENCES flow (serial),
  account  TEXT           NOT NULL REFERENCES account (account),
  order_id TEXT           UNIQUE REFERENCES orders (order_id),
  amount   DECIMAL(18, 2) NOT NULL CHECK (amount > 0),
  released DECIMAL(18, 2) NOT NULL CHECK (released >= 0 AND released <= amount)
);
-- One row: whether payments are taken, and the key of the check codes.
CREATE TABLE house (
  id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  state    TEXT   NOT NULL CHECK (state IN ('open', 'closed')),
  since    TIMESTAMP NOT NULL,
  seal     TEXT   NOT NULL CHECK (length(seal) = 64)
);
-- What users are told while it is closed, one row a language.
CREATE TABLE notice (
  language TEXT NOT NULL PRIMARY KEY CHECK (language IN ('en', 'zh')),
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL CHECK (subject <> ''),
  text     TEXT NOT NULL,
  until    TEXT
);

-- The numbers given last.
CREATE TABLE counter (
  id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  flow    BIGINT NOT NULL CHECK (flow <= 999999999),
  orders  BIGINT NOT NULL CHECK (orders <= 9999999999),
  bank    BIGINT NOT NULL CHECK (bank <= 999999999),
  account BIGINT NOT NULL CHECK (account <= 99999999999)
);
INSERT INTO counter VALUES (1, 0, 0, 0, 0);
