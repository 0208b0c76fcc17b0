"""Changes of one place that no test may let pass: `make mutants` makes each, and runs its test."""
