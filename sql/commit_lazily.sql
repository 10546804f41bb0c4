-- This transaction's commit does not wait for the disk; the next one that does takes it along.
set local synchronous_commit = off
