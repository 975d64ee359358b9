-- An agent lists what it has proposed, newest first.
CREATE INDEX workflows_agent_idx ON workflows (proposer_agent_id, id) WHERE proposer_agent_id IS NOT NULL;
