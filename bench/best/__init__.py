"""`bench best`: the row that the report's rule names, trained once more on all rows of the data, and kept."""
