DROP VIEW audit_records;
DROP TABLE audit_seals;
DROP TABLE audit_log;
DROP FUNCTION refuse_change();
