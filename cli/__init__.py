"""`scrobbles <verb>`: one module per verb. It reads the arguments, wires the parts, runs them, prints; nothing more."""
