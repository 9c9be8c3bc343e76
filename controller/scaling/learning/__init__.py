"""Learned numbers: lead time and capacity per replica, each with how far it may be trusted."""
