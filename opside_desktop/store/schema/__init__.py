"""The tables: what they hold, how they are made, and what is wrong with those of others."""
