-- Who stands in for the holder of a seat, and when. Rows are kept: they say by what right a vote was cast.
CREATE TABLE seat_delegations (
    id          uuid PRIMARY KEY,
    council_id  text NOT NULL REFERENCES councils (id),
    holder_id   uuid NOT NULL REFERENCES users (id),
    delegate_id uuid NOT NULL REFERENCES users (id),
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    created_by  uuid NOT NULL REFERENCES users (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT seat_delegations_period_check CHECK (ends_at >= starts_at),
    CONSTRAINT seat_delegations_people_check CHECK (holder_id <> delegate_id)
);
CREATE INDEX seat_delegations_holder_idx ON seat_delegations (council_id, holder_id, ends_at);
CREATE INDEX seat_delegations_delegate_idx ON seat_delegations (delegate_id, ends_at);

GRANT SELECT, INSERT ON seat_delegations TO council_service;
-- It ends earlier, at most.
GRANT UPDATE (ends_at) ON seat_delegations TO council_service;
GRANT SELECT ON seat_delegations TO workflow_worker, auth_service;
