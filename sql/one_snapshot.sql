-- Everything this transaction reads is of one moment, also while workers run.
set transaction isolation level repeatable read, read only
