"""Imports as jobs: begun, sent, resumed, followed until they are stored, undone. One row of `source` each."""
