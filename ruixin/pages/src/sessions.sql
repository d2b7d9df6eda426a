-- Who is signed in at the pages. Of links and sessions only the BLAKE3 is kept: each is 256 bits drawn
-- by lot, so there is nothing to guess. Instants are microseconds since 1970 UTC.
CREATE TABLE sign_in_link (
  hash       TEXT   NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
  investor   BIGINT NOT NULL CHECK (investor >= 0),
  expires_at BIGINT NOT NULL,
  used       BIGINT NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
);
CREATE INDEX sign_in_link_expires ON sign_in_link (expires_at);

CREATE TABLE page_session (
  hash     TEXT   NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
  investor BIGINT NOT NULL CHECK (investor >= 0),
  begun_at BIGINT NOT NULL,
  seen_at  BIGINT NOT NULL CHECK (seen_at >= begun_at)
);
CREATE INDEX page_session_seen ON page_session (seen_at);
