DROP POLICY ships_are_open ON ships;
ALTER TABLE ships DROP COLUMN flag;
