"""Reading: what a person gave a command, parsed at the door: values, files, traces, and what a cluster answers."""
