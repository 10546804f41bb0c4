"""What is going on, on stderr; stdout holds the table alone."""

import sys


def say(message: str) -> None:
    """A line about what is measured now."""
    print(f"bench: {message}", file=sys.stderr, flush=True)
