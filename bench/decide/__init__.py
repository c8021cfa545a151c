"""Races: sweeps that spend cells only where they may still change the answer (`bench decide`)."""
