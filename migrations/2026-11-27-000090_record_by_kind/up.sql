-- The record of everything but workflows, of which nearly all rows are: people, sessions, councils, newest first.
CREATE INDEX CONCURRENTLY audit_log_kind_idx ON audit_log (resource_kind, id) WHERE resource_kind <> 'workflow';
