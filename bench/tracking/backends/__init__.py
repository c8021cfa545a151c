"""What each tracker's library is asked to do, in a process of its own: modules with a function `backend(setup)`."""
