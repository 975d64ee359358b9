-- What a key may be used for; those that exist keep what they could do.
ALTER TABLE api_keys ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,propose}';
ALTER TABLE api_keys ADD CONSTRAINT api_keys_scopes_check
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'propose']);
