"""The page of experiments: each file of `conf/experiment/` with the comment on top of it."""

from collections.abc import Iterator

from bench.options.folder import CONF
from docs.tooling.comments import about


def page() -> Iterator[str]:
    """Lines of Markdown."""
    yield "# Experiments and data sets"
    yield from ("", "`bench sweep NAME` runs an experiment, `bench plan NAME` says what that takes.", "")
    for group, title in (("experiment", "Experiments"), ("experiment/smoke", "Small forms"), ("data", "Data sets")):
        yield from (f"## {title}", "")
        for path in sorted((CONF / group).glob("*.yaml")):
            name = f"smoke/{path.stem}" if group.endswith("smoke") else path.stem
            yield from (f"`{'data=' if group == 'data' else ''}{name}`", "", about(path).replace("<", "&lt;"), "")
