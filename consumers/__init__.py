"""Everything after a topic."""
