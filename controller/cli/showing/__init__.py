"""Showing: how answers are printed and written: tables, JSON, CSV, pages."""
