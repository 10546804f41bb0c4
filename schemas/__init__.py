"""What the processes agree on: the listen and its identity, topics, settings, errors, metric names."""
