ALTER TABLE workflow_timeline DROP COLUMN transaction_id;
