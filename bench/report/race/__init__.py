"""Races: the seeds of rows at each point of a grid, replayed from their answers."""
