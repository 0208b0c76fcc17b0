"""What the environment says, what a person chose, and where things live on disk."""
