"""Everything before a topic: reading exports, importing them, taking live plays."""
