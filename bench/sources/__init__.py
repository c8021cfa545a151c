"""How files get here: pinned wheels, the model hub, a mirror of it. Used for data sets and for models."""
