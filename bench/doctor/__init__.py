"""`bench doctor`: whether a sweep could run here, one line a subject, and what to do where it could not."""
