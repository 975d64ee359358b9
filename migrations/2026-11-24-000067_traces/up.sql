-- A mail about a workflow belongs to the trace of whoever proposed it.
GRANT SELECT (traceparent) ON workflows TO auth_service;
