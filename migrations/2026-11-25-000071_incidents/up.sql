-- When a part was not well. The health aggregator opens and closes them by itself; people write notes.
CREATE TABLE incidents (
    id         uuid        PRIMARY KEY,
    check_name text        NOT NULL,
    -- How bad it became.
    impact     text        NOT NULL,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    -- What people are told about it, in public.
    note       text,
    noted_by   uuid        REFERENCES users (id),
    noted_at   timestamptz,
    CONSTRAINT incidents_check_name_check CHECK (length(check_name) BETWEEN 1 AND 100),
    CONSTRAINT incidents_impact_check CHECK (impact IN ('degraded', 'unhealthy')),
    CONSTRAINT incidents_closed_check CHECK (closed_at >= opened_at),
    CONSTRAINT incidents_note_check CHECK (length(note) BETWEEN 1 AND 2000),
    CONSTRAINT incidents_noted_check CHECK (num_nonnulls(noted_by, noted_at) IN (0, 2))
);
-- A part has one open incident at a time, whoever opens it.
CREATE UNIQUE INDEX incidents_open_key ON incidents (check_name) WHERE closed_at IS NULL;
CREATE INDEX incidents_opened_idx ON incidents (opened_at DESC, id DESC);

GRANT SELECT, INSERT (id, check_name, impact, opened_at), UPDATE (impact, closed_at) ON incidents TO health_aggregator;
GRANT SELECT, UPDATE (note, noted_by, noted_at) ON incidents TO council_service;
