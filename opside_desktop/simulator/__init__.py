"""Amazon's side, simulated over HTTP: a program of its own that shares nothing but the wire."""
