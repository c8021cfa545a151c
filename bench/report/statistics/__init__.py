"""The statistics of the report: numbers in, plain data out; no files, no figures.

Everything is on the scale of the metric itself (0 to 1): a point is 0.01. Random draws have fixed seeds, so the same
records always give the same numbers.
"""
