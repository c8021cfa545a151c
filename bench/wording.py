"""Words that messages, plans and reports share."""


def counted(count: int, noun: str) -> str:
    """ "1 cell", "2 cells"; thousands are set off."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """What was measured, in the units that a reader would use: "42 s", "3 min 20 s", "5 h 12 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def rough_duration(seconds: float) -> str:
    """Seconds, minutes, hours or days, as precise as an estimate deserves: "2.5 s", "40 s", "12 min", "5.2 h"."""
    for limit, unit, name in ((100, 1, "s"), (6000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            digits = 1 if name == "h" or (name == "s" and seconds < 10) else 0
            return f"{seconds / unit:.{digits}f} {name}"
    return f"{seconds / 86_400:.1f} days"


def bytes_text(count: int) -> str:
    """A size in memory or on disk: "640 B", "12 KiB", "87 MiB", "1.4 GiB"."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if count >= 1024**power:
            amount = count / 1024**power
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{count} B"


def money_text(amount: float, currency: str | None) -> str:
    """An amount with two digits that say something: "0.061 EUR", "1.20 EUR", "12 EUR"."""
    digits = 0 if amount >= 10 else 2 if amount >= 1 else 3 if amount >= 0.01 else 4
    return f"{amount:,.{digits}f} {currency}" if currency else f"{amount:,.{digits}f}"


def shard_text(index: int, count: int, num_cells: int, grid_cells: int) -> str:
    """What a report on a part of a grid says first."""
    elsewhere = grid_cells - num_cells
    are = "is" if elsewhere == 1 else "are"
    return f"This is shard {index} of {count}: {elsewhere:,} of {counted(grid_cells, 'cell')} {are} elsewhere."
