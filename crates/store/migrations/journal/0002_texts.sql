-- What people wrote, by report id (16 bytes), apart from the log, so that it can be overwritten. `at` is when it came.
CREATE TABLE text (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX text_age ON text (at);
