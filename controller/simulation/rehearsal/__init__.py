"""Rehearsal: made load patterns through the real cycle, and what a policy promises against what then happens."""
