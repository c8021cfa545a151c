"""Where fetched and converted files are kept between runs."""

import os
from pathlib import Path

from bench.errors import UserError

ENVIRONMENT_VARIABLE = "FINETUNE_BENCH_CACHE"


def cache_folder(cache_dir: str | None) -> Path:
    """The cache folder as an absolute path; it need not exist yet.

    `cache_dir` if given, else what FINETUNE_BENCH_CACHE says, else the platform's place for caches. Raises UserError
    where it is in the home folder of nobody.
    """
    import platformdirs

    chosen = cache_dir or os.environ.get(ENVIRONMENT_VARIABLE) or platformdirs.user_cache_dir("finetune-bench")
    try:
        return Path(chosen).expanduser().absolute()
    except RuntimeError as error:  # `~name` of nobody
        raise UserError(f"the cache folder {chosen}: {error}") from error
