"""What the program is about: records and rules, without any input or output."""
