"""`num_labels=all`: how many labels a data set gives a split, where that is known before anything is run."""

import functools
from pathlib import Path

from bench.config import DEDUPLICATING, DataConfig, SplitConfig
from bench.data.errors import data_error
from bench.data.local import local_pool

ALL = "all"
"""What `num_labels` is given as."""


@functools.lru_cache(maxsize=64)
def all_labels(data: DataConfig, split: SplitConfig, cache: Path, mirror_dir: str | None) -> int:
    """The number of labels of `data` (pinned) that have an example left after `split` has left some out.

    Data that is not on this machine, or takes long to read, has as many as its configuration says. Raises UserError
    where that says nothing, too.
    """
    from bench.data.splits.rows import all_members, members_of

    pool = local_pool(data, cache=cache, mirror_dir=mirror_dir)
    if pool is not None:
        found = members_of(pool, split) if isinstance(split, DEDUPLICATING) else all_members(pool)
        if len(found.by_label) < 2:
            raise data_error(data, f"num_labels=all, but there is one label alone: {next(iter(found.by_label))!r}")
        return len(found.by_label)
    if data.num_classes is None:
        raise data_error(
            data,
            "num_labels=all, but how many there are is not known before it is read, and it is not on this machine, or "
            "takes long to read: give the number",
        )
    return data.num_classes
