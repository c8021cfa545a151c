"""Which features of texts a cell computed, and which were there from earlier cells: its seconds are without the latter.

Imports nothing heavy: cells without features are counted, too.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts of this process, since `begin`."""

    cell: int = 0
    """Which of this process's cells it is."""
    asked: int = 0
    """Texts whose features were wanted, once for each time."""
    computed: int = 0
    kept: set[bytes] = field(default_factory=set)
    """The texts among them that an earlier cell had computed, here or elsewhere."""

    def begin(self) -> None:
        """Another cell is measured."""
        self.cell, self.asked, self.computed, self.kept = self.cell + 1, 0, 0, set()


TALLY = Tally()
