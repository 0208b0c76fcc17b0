"""What is a claim: Amazon's kinds of financial events, our types, and their money. Pure."""
