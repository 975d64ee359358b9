-- The record: an append-only log, and the hash chain over it.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the table is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- `id` gives an order for reading; the chain's order is audit_seals.position. `transaction_id` lets the
-- sealer leave alone what a transaction still running could precede.
CREATE TABLE audit_log (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_kind     text NOT NULL,
    actor_id       uuid,
    action         text NOT NULL,
    resource_kind  text NOT NULL,
    resource_id    text NOT NULL,
    detail         jsonb NOT NULL DEFAULT '{}',
    address        inet,
    request_id     text,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT audit_log_actor_check CHECK (
        actor_kind IN ('user', 'agent', 'system', 'anonymous')
        AND (actor_id IS NOT NULL) = (actor_kind IN ('user', 'agent'))),
    CONSTRAINT audit_log_action_check CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
    CONSTRAINT audit_log_detail_check CHECK (jsonb_typeof(detail) = 'object')
);
CREATE INDEX audit_log_resource_idx ON audit_log (resource_kind, resource_id, id);
CREATE INDEX audit_log_actor_idx ON audit_log (actor_id, id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- hash = SHA-256(previous hash || RFC 8785 form of the row); the first link follows 32 zero bytes.
CREATE TABLE audit_seals (
    position bigint PRIMARY KEY,
    audit_id bigint NOT NULL REFERENCES audit_log (id),
    hash     bytea NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT audit_seals_audit_id_key UNIQUE (audit_id),
    CONSTRAINT audit_seals_position_check CHECK (position > 0),
    CONSTRAINT audit_seals_hash_check CHECK (octet_length(hash) = 32)
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The sealer goes on where it stopped in this order; see database::audit::seal.
CREATE INDEX audit_log_seal_idx ON audit_log (transaction_id, id);

-- The one form of a row that is hashed, exported and shown as evidence.
CREATE VIEW audit_records AS
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
) AS record
FROM audit_log;
