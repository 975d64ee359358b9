-- A condition can leave out steps that come after it.
ALTER TABLE workflow_steps
    DROP CONSTRAINT workflow_steps_status_check,
    ADD CONSTRAINT workflow_steps_status_check CHECK (
        status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    DROP CONSTRAINT workflow_steps_finished_check,
    ADD CONSTRAINT workflow_steps_finished_check CHECK (
        (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'skipped')));
