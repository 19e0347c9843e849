-- What is projected from the journal for cold reading. Instants are milliseconds, `start` and `day` are minutes and
-- days since 1970-01-01T00:00:00Z, truth values are 0 or 1.
CREATE TABLE projected (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO projected (one, seq) VALUES (1, 0);

CREATE TABLE report (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    service TEXT NOT NULL,
    symptom TEXT NOT NULL,
    country TEXT,
    at INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL
) STRICT;
CREATE INDEX report_shown ON report (service, seq) WHERE withdrawn = 0;

-- `body` is the whole incident as JSON; the other columns are what it is looked up by.
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    opened INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX incident_opened ON incident (opened, id);
CREATE INDEX incident_of_service ON incident (service, opened, id);

-- `step` is the length of the bin in minutes: 1, 15 or 60.
CREATE TABLE rollup (
    step INTEGER NOT NULL,
    service TEXT NOT NULL,
    start INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    direct INTEGER NOT NULL,
    search INTEGER NOT NULL,
    social INTEGER NOT NULL,
    other INTEGER NOT NULL,
    PRIMARY KEY (step, service, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_age ON rollup (step, start);

CREATE TABLE suggestion (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT,
    name_key TEXT NOT NULL,
    day INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX suggestion_name_once ON suggestion (day, name_key);
CREATE UNIQUE INDEX suggestion_host_once ON suggestion (day, host) WHERE host IS NOT NULL;

CREATE TABLE survey (
    id INTEGER PRIMARY KEY,
    service TEXT,
    choice TEXT NOT NULL,
    level TEXT,
    at INTEGER NOT NULL
) STRICT;
