"""The way to other computers: transport and reachability. Knows nothing of Amazon."""
