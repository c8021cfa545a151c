"""What predictions are scored by: one entry a metric in `table.py`, read by records, reports and model selection."""
