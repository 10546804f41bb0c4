"""The consumer group that writes Postgres: take messages, pack a batch, store it in one transaction, next.

loop.py      the cycle, and what an error makes of it
offsets.py   which partitions are ours and where they stand
batch.py     messages to rows: pure, no I/O
entities.py  artists, albums and tracks of spellings not seen before
rows.py      the binary format of COPY
store.py     one transaction per batch
deadletter.py  messages that can never become a listen
"""
