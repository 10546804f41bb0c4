"""How the parts are brought to run: on this machine (`local`), in containers, on a cluster."""
