-- The latest reviews of a council: for its health, and for trying a policy on them.
CREATE INDEX workflow_reviews_opened_idx ON workflow_reviews (council_id, opened_at);
