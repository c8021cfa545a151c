"""`make test-install`: the package as a user installs it."""
