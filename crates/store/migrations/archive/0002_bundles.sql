-- Replay bundles of incidents. `seq` is the journal entry that brought the lines, `lines` are lines of JSON.
CREATE TABLE bundle (
    incident TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (incident, seq)
) STRICT, WITHOUT ROWID;
