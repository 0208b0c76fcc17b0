"""The wire of HTTP and of `--json`: structs that are built, encoded and documented at once."""
