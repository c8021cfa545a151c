"""What the command line gives: files that Hydra may not read, options that there are not, and those without effect."""
