-- A person lists what they have proposed, newest first.
CREATE INDEX CONCURRENTLY workflows_person_idx ON workflows (proposer_user_id, id) WHERE proposer_user_id IS NOT NULL;
