-- When a key was made, by the computer's clock, in seconds since 1970; nothing for those from before.
ALTER TABLE api_key ADD COLUMN made_at BIGINT;
