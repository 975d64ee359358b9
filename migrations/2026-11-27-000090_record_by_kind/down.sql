DROP INDEX CONCURRENTLY audit_log_kind_idx;
