"""From records to tables and pictures. Never imports torch."""
