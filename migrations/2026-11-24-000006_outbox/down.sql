DROP TABLE outbox;
DROP FUNCTION notify_outbox();
