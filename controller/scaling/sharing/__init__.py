"""Sharing: what policies get of a budget or a ResourceQuota that is less than they ask for together."""
