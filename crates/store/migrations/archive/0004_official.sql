-- What vendors' official pages said, each time they said something new. `word` is JSON of the model's OfficialWord.
CREATE TABLE official (
    seq INTEGER NOT NULL,
    service TEXT NOT NULL,
    at INTEGER NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (service, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX official_by_age ON official (seq);
