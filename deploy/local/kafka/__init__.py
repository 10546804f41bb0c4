"""A real Apache Kafka of one node: its jars, its start, and a class-data archive that makes the start quick."""
