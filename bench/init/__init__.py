"""`bench init`: looks at somebody's own texts, says what it saw, and writes a data set and an experiment for them."""
