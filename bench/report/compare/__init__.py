"""Two sets of records of the same grid, before and after: `bench compare`."""
