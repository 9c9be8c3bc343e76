"""Life 2, replay: a pretend workload that is both doors of the cycle at once, and rivals in the same world.

What is measured about a replay lives in scaling/judging/score.py; how it is shown, in cli/ and reporting/.
"""
