DROP INDEX workflows_agent_idx;
