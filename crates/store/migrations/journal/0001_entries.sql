-- The ordered log. Integers are instants in milliseconds since 1970-01-01T00:00:00Z, or sequence numbers.
-- `body` is the signal as JSON; `source` (16 bytes) and `network` (8 bytes) are keyed hashes that are blanked when
-- the day's key dies. `sum` is the CRC-32 of seq, at, kind and body, so that a damaged row is never taken for a signal.
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    source BLOB,
    network BLOB,
    sum INTEGER NOT NULL
) STRICT;

-- Only rows that still have something to blank stand in it, so finding them costs nothing in a long journal.
CREATE INDEX entry_unblanked ON entry (at) WHERE source IS NOT NULL OR network IS NOT NULL;
