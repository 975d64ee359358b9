-- The workflows that a council reviews or reviewed, newest first.
CREATE INDEX CONCURRENTLY workflow_reviews_council_idx ON workflow_reviews (council_id, workflow_id);
