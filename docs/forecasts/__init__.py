"""The page on how a forecast is made: its words are written by hand, its figures and pictures come from real loads."""
