"""What to know about a plan: how close it is, and what its tiles lack."""
