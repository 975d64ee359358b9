DROP TABLE council_seats;
ALTER TABLE councils DROP CONSTRAINT councils_policy_fkey;
DROP TABLE council_policies;
DROP TABLE council_domains;
DROP TABLE councils;
