"""A kept model in other forms."""
