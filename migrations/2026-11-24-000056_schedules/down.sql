REVOKE INSERT ON workflows, workflow_steps FROM workflow_worker;
DROP TABLE schedule_runs;
DROP TABLE schedules;
