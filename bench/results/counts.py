"""In words: how much of a data set a task is made of, and what was left out of it."""

from bench.results.measurements import Examples


def examples_text(examples: Examples) -> str:
    """All there is to say about the examples of a record, in one phrase; empty where nothing is."""
    parts = [
        share_text(
            len(examples.labels),
            examples.labels_available or 0,
            examples.rows_of_labels or 0,
            examples.rows_read or 0,
        ),
        left_out_text(examples.conflicting_texts or 0, examples.conflicts_dropped or 0, examples.duplicates_dropped),
        overlap_text(examples.test_texts_in_training),
        *(examples.notes or ()),
    ]
    return "; ".join(part for part in parts if part)


def share_text(labels: int, available: int, rows: int, rows_read: int) -> str:
    """What the task's labels are of all there are; empty where they are all."""
    return "" if labels >= available else f"{labels:,} of {available:,} labels, {rows:,} of {rows_read:,} rows"


def left_out_text(conflicting: int, conflicts_dropped: int, duplicates_dropped: int) -> str:
    """What is not used because its text is there more than once; empty where nothing is."""
    parts = []
    if conflicts_dropped:
        parts.append(
            f"{_counted(conflicts_dropped, 'row')} of {_counted(conflicting, 'text')} with several labels left out"
        )
    elif conflicting:
        parts.append(f"{_counted(conflicting, 'text')} with several labels kept")
    if duplicates_dropped:
        parts.append(f"{_counted(duplicates_dropped, 'repeated text')} left out")
    return ", ".join(parts)


def overlap_text(test_texts_in_training: int | None) -> str:
    """Whether test texts were trained on; empty where none was, or that is not known."""
    if not test_texts_in_training:
        return ""
    verb = "is" if test_texts_in_training == 1 else "are"
    return f"{_counted(test_texts_in_training, 'test text')} {verb} in training, too"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
