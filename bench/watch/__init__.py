"""`bench watch`: the report's page while a sweep runs, served on this machine and drawn again as cells end."""
