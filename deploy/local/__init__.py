"""Kafka, Postgres and the workers on this machine, without Docker: what `scrobbles up` starts.

`stack` is the way in; `servers(data)` and `stop(data)` there serve tests and benchmarks too.
"""
