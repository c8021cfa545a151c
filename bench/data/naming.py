"""What somebody's own data set is called where nobody gave it a name."""

from pathlib import PurePath
from typing import Any


def with_name(data: Any) -> Any:
    """The composed `data` with a name: that of its file without the ending, of its folder, or of its hub id.

    What has none to go by, or is no mapping at all, stays as it is, for the schema to refuse.
    """
    if not isinstance(data, dict) or data.get("name") is not None:
        return data
    place = data.get("path") or data.get("id") or data.get("source")
    name = PurePath(str(place)).name.removesuffix(".gz")
    if data.get("source") != "hub":
        name = PurePath(name).stem
    return {**data, "name": name} if name else data
