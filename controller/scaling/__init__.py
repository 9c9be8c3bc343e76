"""The core: pure. What is observed goes in, a Decision that explains itself comes out. No I/O, no clock."""
