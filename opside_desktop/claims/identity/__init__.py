"""How is an event known again: matching what a source tells with what is stored. Pure."""
