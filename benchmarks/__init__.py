"""How fast and how large: measured, never asserted. `python -m benchmarks` writes one table a topic into results/.

Every figure stands beside one of a baseline that was measured in the same run, so that runs on different machines
can be compared. Tests assert states and counts; nothing here does.
"""
