"""Where examples come from, and how a task's training, validation and test examples are drawn."""
