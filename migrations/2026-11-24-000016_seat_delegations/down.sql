DROP TABLE seat_delegations;
