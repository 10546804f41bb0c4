"""How fast and how small the product is on this machine: `make bench`, or `python -m bench --full` for all of it.

Every figure comes from the real commands as processes of their own, against a real Kafka and a real Postgres that are
started for it and deleted afterwards. Throughput is shown beside a ceiling that is measured in the same minutes, for
machines differ and are noisy.
"""
