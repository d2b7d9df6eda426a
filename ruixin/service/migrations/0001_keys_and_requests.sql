-- API keys. Only the BLAKE3 of a key is kept: a key is 256 bits drawn by lot, so there is nothing to guess.
CREATE TABLE api_key (
  id         TEXT   NOT NULL PRIMARY KEY,
  name       TEXT   NOT NULL CHECK (name <> ''),
  role       TEXT   NOT NULL CHECK (role IN ('reader', 'writer', 'admin')),
  hash       TEXT   NOT NULL UNIQUE CHECK (length(hash) = 64),
  revoked    BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
);

-- What was answered to a request, written together with what the request did.
-- No foreign key on key_id: each request would lock the same few rows of api_key.
CREATE TABLE request (
  key_id          TEXT   NOT NULL,
  idempotency_key TEXT   NOT NULL CHECK (idempotency_key <> ''),
  digest          TEXT   NOT NULL CHECK (length(digest) = 64),
  status          BIGINT NOT NULL CHECK (status BETWEEN 200 AND 499),
  answer          TEXT   NOT NULL,
  PRIMARY KEY (key_id, idempotency_key)
);
