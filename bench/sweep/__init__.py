"""Running an experiment's missing cells. Never imports torch: the workers do."""
