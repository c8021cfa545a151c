"""What cells leave behind: the record's schema and the store that keeps records whole."""
