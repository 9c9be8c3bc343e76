"""Publishing: what leaves the core as plain data: patches, statuses, reports and records."""
