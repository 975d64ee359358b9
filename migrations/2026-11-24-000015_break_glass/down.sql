DROP TABLE break_glass;
DROP FUNCTION guard_break_glass();
ALTER TABLE sessions DROP COLUMN second_factor_at;
