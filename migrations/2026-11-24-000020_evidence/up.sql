-- A checkpoint also signs the root of a Merkle tree (RFC 9162) over the hashes of the links that are new since the one
-- before it: whoever has a row, its path to the root and the checkpoint needs no other row to see that it is in the log.
-- Checkpoints from before have neither, and hold as they are.
ALTER TABLE audit_checkpoints
    ADD COLUMN first_position bigint,
    ADD COLUMN root bytea,
    ADD CONSTRAINT audit_checkpoints_root_check CHECK (
        (root IS NULL) = (first_position IS NULL) AND octet_length(root) = 32),
    ADD CONSTRAINT audit_checkpoints_segment_check CHECK (first_position BETWEEN 1 AND position),
    -- No link is in two segments.
    ADD CONSTRAINT audit_checkpoints_first_position_key UNIQUE (first_position);
GRANT SELECT ON audit_checkpoints TO council_service;

-- Rows about a workflow, and about a mandate, are numbered from 1, and the number is a part of the row that is sealed:
-- evidence that leaves a row out has a gap. Whoever acts on either holds its lock, so that no two rows want one number.
ALTER TABLE audit_log ADD COLUMN sequence bigint;
CREATE UNIQUE INDEX audit_log_sequence_key ON audit_log (resource_kind, resource_id, sequence)
    WHERE sequence IS NOT NULL;

CREATE FUNCTION number_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT l.sequence + 1 INTO NEW.sequence FROM audit_log l
    WHERE l.resource_kind = NEW.resource_kind AND l.resource_id = NEW.resource_id AND l.sequence IS NOT NULL
    ORDER BY l.sequence DESC LIMIT 1;
    IF NEW.sequence IS NULL THEN
        -- The first, or the first after rows from before there were numbers.
        SELECT count(*) + 1 INTO NEW.sequence FROM audit_log l
        WHERE l.resource_kind = NEW.resource_kind AND l.resource_id = NEW.resource_id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_log_number BEFORE INSERT ON audit_log
    FOR EACH ROW WHEN (NEW.resource_kind IN ('workflow', 'mandate')) EXECUTE FUNCTION number_act();

CREATE OR REPLACE VIEW audit_records AS
SELECT id, transaction_id, resource_kind, resource_id, jsonb_build_object(
    'id', id,
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor_kind', actor_kind,
    'actor_id', actor_id,
    'action', action,
    'resource_kind', resource_kind,
    'resource_id', resource_id,
    'detail', detail,
    'address', host(address),
    'request_id', request_id
) || CASE WHEN commitment IS NULL THEN '{}'::jsonb
     ELSE jsonb_build_object('personal', encode(commitment, 'hex')) END
  || CASE WHEN sequence IS NULL THEN '{}'::jsonb
     ELSE jsonb_build_object('sequence', sequence) END AS record
FROM audit_log;
