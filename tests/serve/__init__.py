"""A kept model behind HTTP."""
