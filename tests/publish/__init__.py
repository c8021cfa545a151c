"""A kept model on the hub."""
