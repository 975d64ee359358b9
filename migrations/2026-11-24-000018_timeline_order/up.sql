-- The order of commits, as the record has it: who follows the timeline reads up to the oldest transaction that still
-- runs, and no event can later appear before one that was read.
ALTER TABLE workflow_timeline ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX workflow_timeline_order_idx ON workflow_timeline (transaction_id, id);
