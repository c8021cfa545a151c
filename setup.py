"""What `pyproject.toml` cannot say: `conf/`, which is at the top of the repository, is `bench/conf/` in a wheel."""

import re
from pathlib import Path
from shutil import copytree, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConf(build_py):
    """Copies `conf/` into the package, except for an editable install, which reads it where it is."""

    def run(self) -> None:
        """Build the package, then put `conf/` into it."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "bench", "conf")
            rmtree(target, ignore_errors=True)  # a file that is no longer there must not stay
            copytree("conf", target)


def described() -> str:
    """README.md for a package index, which has none of the files that its pictures and links are."""
    text = Path("README.md").read_text("utf-8")
    text = re.sub(r"^!\[.*\]\(docs/.*\)\n", "", text, flags=re.M)
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)


setup(
    cmdclass={"build_py": BuildWithConf},
    long_description=described(),
    long_description_content_type="text/markdown",
)
