"""What `pyproject.toml` cannot say: `conf/`, which is at the top of the repository, is `bench/conf/` in a wheel."""

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


setup(cmdclass={"build_py": BuildWithConf})
