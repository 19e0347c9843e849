-- What becomes of reports' texts (the texts themselves stand in the journal's file), who decided, and what operators did.
-- `text` and `decision` are words of the model; `reasons` are such words with commas between; `facts` is JSON.
ALTER TABLE report ADD COLUMN text TEXT NOT NULL DEFAULT 'none';
ALTER TABLE report ADD COLUMN reasons TEXT NOT NULL DEFAULT '';
ALTER TABLE report ADD COLUMN facts TEXT;
CREATE INDEX report_text ON report (text, seq) WHERE text <> 'none';

-- `seq` is the journal entry that brought the decision, `decider` is JSON.
CREATE TABLE decision (
    seq INTEGER PRIMARY KEY,
    report BLOB NOT NULL,
    at INTEGER NOT NULL,
    decision TEXT NOT NULL,
    reasons TEXT NOT NULL,
    decider TEXT NOT NULL,
    undone INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_of_report ON decision (report, seq);

-- Every act of an operator: what, about what, and the rest as JSON.
CREATE TABLE act (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- `state` is open, accepted or rejected; `service` is the slug of what was accepted.
ALTER TABLE suggestion ADD COLUMN why TEXT;
ALTER TABLE suggestion ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE suggestion ADD COLUMN service TEXT;
ALTER TABLE survey ADD COLUMN words TEXT;
ALTER TABLE survey ADD COLUMN report BLOB;
ALTER TABLE survey ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
