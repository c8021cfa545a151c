"""`bench bundle`: everything that a sweep needs, in one folder, for a machine without a network."""
