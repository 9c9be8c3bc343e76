"""LIFE 1, live: watches feed a mirror, a sweep decides for all policies together, jobs refit behind it."""
