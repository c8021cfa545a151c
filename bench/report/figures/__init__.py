"""The figures: functions from frames, records or statistics to a matplotlib figure, and how they all look."""
