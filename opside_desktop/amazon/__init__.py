"""Amazon's side of the wire: login, pacing and one file per API. Knows httpx, no database."""
