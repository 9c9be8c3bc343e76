"""Judging: what happened under a policy, as columns by tick, what it was worth, and one policy beside another."""
