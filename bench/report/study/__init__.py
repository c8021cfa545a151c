"""A report as plain data, for machines and for the scripts of its page."""
