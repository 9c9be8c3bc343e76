"""Dates: what is known of days before they come: holidays, schedules, dated windows, and what learning leaves out."""
