"""Variants: what a world may have beyond the default one, as values for `World.variants`, one idea a file.

What a variant may change, and when, is said by `Variant` in world.py.
"""
