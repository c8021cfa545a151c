"""`bench label`: which unlabelled texts are worth a label, and which labels look wrong."""
