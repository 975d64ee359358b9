REVOKE SELECT (traceparent) ON workflows FROM auth_service;
