"""Cells in lockstep on one device: their batches go stacked through one frozen model, each with its own adapters."""
