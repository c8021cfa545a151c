"""What a report reads: records, predictions, texts, and published numbers; the frames that are made of records."""
