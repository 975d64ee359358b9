-- Personal particulars (an e-mail address, a name) stand beside the record, which holds only a commitment to
-- them: SHA-256 over a random salt and their RFC 8785 form. Erasing both leaves the chain whole, and the
-- commitment tells nothing without its salt.
ALTER TABLE audit_log
    ADD COLUMN personal jsonb,
    ADD COLUMN salt bytea,
    ADD COLUMN commitment bytea,
    ADD CONSTRAINT audit_log_personal_check CHECK (
        (personal IS NULL) = (salt IS NULL) AND (personal IS NULL OR commitment IS NOT NULL)),
    ADD CONSTRAINT audit_log_commitment_check CHECK (octet_length(commitment) = 32);
CREATE INDEX audit_log_action_idx ON audit_log (action, id);
CREATE INDEX audit_log_at_idx ON audit_log (at);
CREATE INDEX audit_log_personal_idx ON audit_log (resource_kind, resource_id) WHERE personal IS NOT NULL;

-- The one change that a row takes.
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.personal IS NOT NULL AND NEW.personal IS NULL AND NEW.salt IS NULL
       AND to_jsonb(NEW) - 'personal' - 'salt' = to_jsonb(OLD) - 'personal' - 'salt' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE on audit_log is refused: only personal particulars can be erased'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
DROP TRIGGER audit_log_append_only ON audit_log;
CREATE TRIGGER audit_log_append_only BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_erasure_only BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure();

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
     ELSE jsonb_build_object('personal', encode(commitment, 'hex')) END AS record
FROM audit_log;

-- Signed statements of how far the chain had come: whoever keeps one can tell that rows were cut off since.
-- The key that signs is not in the database.
CREATE TABLE audit_checkpoints (
    position  bigint PRIMARY KEY,
    hash      bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    key_id    text NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT audit_checkpoints_hash_check CHECK (octet_length(hash) = 32),
    CONSTRAINT audit_checkpoints_signature_check CHECK (octet_length(signature) = 64)
);
CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_no_truncate BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT UPDATE (personal, salt) ON audit_log TO auth_service;
GRANT SELECT, INSERT ON audit_checkpoints TO auth_service;
