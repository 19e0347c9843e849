-- The network's hash under the key of the day before (8 bytes), in the report that makes the board call it by today's. It goes when
-- that key dies, and so before `network` does.
ALTER TABLE entry ADD COLUMN network_before BLOB;
