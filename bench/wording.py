"""Words that messages, plans and reports share."""


def counted(count: int, noun: str) -> str:
    """ "1 cell", "2 cells"; thousands are set off."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
