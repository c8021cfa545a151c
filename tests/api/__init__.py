"""The project from Python."""
