"""What people look at: the report model, and the same report as a web page and as lines in a terminal."""
