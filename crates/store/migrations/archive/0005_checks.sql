-- Single results of our own checks. Instants are milliseconds, `hour` is hours since 1970-01-01T00:00:00Z.
-- Services and locations by number, so that a key is a few bytes.
CREATE TABLE check_name (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- As they came, a row for each entry of the journal, until their hour is over. `seq` is that entry, `at` its instant, `low` the
-- earliest instant of a result in it (a late one may be of long ago), `results` how many there are.
CREATE TABLE check_fresh (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    low INTEGER NOT NULL,
    location INTEGER NOT NULL,
    results INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- For good: what one service was found to be from one location in one hour. By hour first, so that packing writes, and
-- retention removes, one stretch of the file.
CREATE TABLE check_hour (
    hour INTEGER NOT NULL,
    service INTEGER NOT NULL,
    location INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (hour, service, location)
) STRICT, WITHOUT ROWID;

-- How far packing stands: of the rows of `check_fresh` up to `upto` (0: none are being packed), everything up to this key
-- of `check_hour` is there already.
CREATE TABLE check_packing (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    service INTEGER NOT NULL,
    location INTEGER NOT NULL
) STRICT;
INSERT INTO check_packing (one, upto, hour, service, location) VALUES (1, 0, -1, 0, 0);
