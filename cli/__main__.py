"""`python -m cli`: the same as `scrobbles`, for processes that are started with a chosen interpreter."""

from cli.main import main

main()
