"""A user's own `conf/`, in the folder where a command runs, beside the program's: `conf/data/tickets.yaml`, say.

Hydra imports this at each start: nothing heavy here.
"""

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

OWN = Path(__file__).resolve().parents[2] / "conf"
"""The program's. In a clone it is the user's, too."""


class UserSearchPath(SearchPathPlugin):
    """Behind the program's own files, which nobody's files stand in for."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Called by Hydra."""
        folder = Path.cwd() / "conf"
        if folder.is_dir() and folder.resolve() != OWN:
            search_path.append("user", f"file://{folder}")
