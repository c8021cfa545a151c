"""Where the program's own `conf/` is."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def conf_folder(package: Path = _PACKAGE) -> Path:
    """The folder of our configuration files: inside the installed package, or beside it in a checkout."""
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


CONF = conf_folder()
