-- Who decides, for which domains, under which versions of which policy.

CREATE TABLE councils (
    id             text PRIMARY KEY,
    name           text NOT NULL,
    purpose        text NOT NULL DEFAULT '',
    state          text NOT NULL DEFAULT 'active',
    is_default     boolean NOT NULL DEFAULT false,
    policy_version integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT councils_id_check CHECK (id ~ '^[a-z][a-z0-9-]{1,62}$'),
    CONSTRAINT councils_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT councils_purpose_check CHECK (length(purpose) <= 1000),
    CONSTRAINT councils_state_check CHECK (state IN ('active', 'retired')),
    CONSTRAINT councils_default_is_active_check CHECK (NOT is_default OR state = 'active')
);
-- Proposals of a domain without a council go to the one default council.
CREATE UNIQUE INDEX councils_one_default_idx ON councils (is_default) WHERE is_default;

CREATE TABLE council_domains (
    council_id text NOT NULL REFERENCES councils (id),
    domain     text NOT NULL,
    PRIMARY KEY (council_id, domain),
    CONSTRAINT council_domains_domain_check CHECK (domain ~ '^[a-z][a-z0-9_]{1,62}$')
);
CREATE INDEX council_domains_domain_idx ON council_domains (domain);

CREATE TABLE council_policies (
    council_id text NOT NULL REFERENCES councils (id),
    version    integer NOT NULL,
    policy     jsonb NOT NULL,
    created_by uuid REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (council_id, version),
    CONSTRAINT council_policies_version_check CHECK (version > 0),
    CONSTRAINT council_policies_policy_check CHECK (jsonb_typeof(policy) = 'object')
);
CREATE TRIGGER council_policies_append_only BEFORE UPDATE OR DELETE ON council_policies
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A council is never without its current policy; deferred, because the two rows are born together.
ALTER TABLE councils ADD CONSTRAINT councils_policy_fkey
    FOREIGN KEY (id, policy_version) REFERENCES council_policies (council_id, version)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE council_seats (
    council_id text NOT NULL REFERENCES councils (id),
    user_id    uuid NOT NULL REFERENCES users (id),
    seat       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (council_id, user_id),
    CONSTRAINT council_seats_seat_check CHECK (seat IN ('chair', 'member'))
);
CREATE INDEX council_seats_user_id_idx ON council_seats (user_id);

-- The default council stands from the first day, so that no domain is ever a free pass. Until somebody is
-- seated in it, an admin's commented vote decides.
INSERT INTO councils (id, name, purpose, is_default)
VALUES ('governance', 'Governance council', 'Reviews every proposal that no other council is responsible for.', true);
INSERT INTO council_policies (council_id, version, policy) VALUES ('governance', 1, '{
    "decision_rule": {"kind": "approvals", "required": 1},
    "chair_veto": false,
    "voting_period_seconds": 604800,
    "on_expiry": "reject",
    "cooling_off_seconds": 0,
    "review_actions": ["*"],
    "review_threshold_weekly_savings": null,
    "blocked_action_types": []
}');
