DROP TABLE login_failures;
DROP TABLE revocations;
DROP TABLE refresh_tokens;
ALTER TABLE sessions DROP COLUMN last_used_at;
