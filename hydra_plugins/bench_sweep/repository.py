"""Files of `conf/` read once for all the points of a grid."""

import copy
from typing import Any

from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.config_source import ConfigResult


class SharedRepository(ConfigRepository):
    """Hydra's own, which parses each file once, where Hydra does for each composition.

    A composition works on a copy of its repository, and on copies of what that gives; what has been parsed is common
    to all copies, as long as they look in the same places.
    """

    def __init__(self, found: ConfigRepository) -> None:
        self.sources = found.sources
        self._known: dict[str, ConfigResult | None] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> "SharedRepository":
        made = SharedRepository(self)
        made._known = self._known
        return made

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Look elsewhere from now on."""
        super().initialize_sources(config_search_path)
        self._known = {}

    def load_config(self, config_path: str) -> ConfigResult | None:
        """As Hydra's."""
        if config_path not in self._known:
            self._known[config_path] = super().load_config(config_path)
        return copy.deepcopy(self._known[config_path])
