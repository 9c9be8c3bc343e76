"""The pages for people. Those that a table of the code says better are made from it: `python -m docs`."""
