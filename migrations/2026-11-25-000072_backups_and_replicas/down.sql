-- The owner keeps pg_read_all_stats: other databases of the cluster may use it.
DROP FUNCTION replicas();
DROP TABLE backup_reports;
