-- What waits for an operator is found without reading what is decided, however much of that is newer.
CREATE INDEX suggestion_open ON suggestion (id) WHERE state = 'open';
CREATE INDEX survey_open ON survey (id) WHERE closed = 0;
