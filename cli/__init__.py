"""`scrobbles <verb>`: one module per verb; it reads the arguments, wires the parts, runs them, and prints. Nothing more."""
