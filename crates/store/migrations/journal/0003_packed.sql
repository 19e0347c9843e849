-- A long body is kept deflated (RFC 1951) in `packed`; then `body` is empty, and `sum` is that of the deflated bytes.
ALTER TABLE entry ADD COLUMN packed BLOB;
