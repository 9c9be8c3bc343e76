"""Trying: settings of a policy replayed side by side, and what is made of them."""
