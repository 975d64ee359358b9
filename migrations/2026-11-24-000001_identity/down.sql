DROP TABLE api_keys;
DROP TABLE agents;
DROP TABLE sessions;
DROP TABLE users;
