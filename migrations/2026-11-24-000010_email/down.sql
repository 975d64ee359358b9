REVOKE ALL ON outbox FROM auth_service;
DROP INDEX outbox_email_idx;
ALTER TABLE outbox DROP COLUMN attempts;
ALTER TABLE outbox DROP COLUMN due_at;
