"""Planning: what capacity will be needed, hours to months ahead. What is decided now is plan.py's business, above."""
