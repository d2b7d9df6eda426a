-- When a request was answered, by the service's clock, in seconds since 1970: old answers are pruned.
-- Those from before have no time; the first round of pruning gives them its own.
ALTER TABLE request ADD COLUMN answered_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX request_by_age ON request (answered_at);
