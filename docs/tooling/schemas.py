"""The pages of files for machines: a cell's record, and a report's `report.json`, by the classes that check them."""

import sys
from collections.abc import Iterator

from pydantic import BaseModel

from bench.report.study.schema import Study
from bench.results.record import SCHEMA_VERSION, Record, Status
from docs.tooling.markdown import code, row, sentence
from docs.tooling.schema_table import head, schema, table

RECORD = f"""\
# record.json

Each cell leaves `record.json` in its folder below `results/`. `schema_version` is {SCHEMA_VERSION} now; older records
are read, too. A field that is null was not measured. Times are in seconds, memory in bytes unless a name says
otherwise. Of many records `results.csv` beside a report is easier to read ([files of a report](../report.md)).
"""
REPORT = """\
# report.json

Every number of a report's page and the verdicts on pairs of rows. [Files of a report](../report.md) says what they
mean; [report.schema.json](../report.schema.json) is the same as JSON Schema. Scores and differences are shares (0.53,
not 53 %), times are seconds, and null is not known.
"""


def record_page() -> Iterator[str]:
    """Lines of Markdown."""
    yield RECORD
    yield from _objects(Record)
    yield from ("## Statuses", "", *head(["status", "run again by the same command"]))
    yield from (row([code(each.value), "yes" if each.failed else "no"]) for each in Status)


def report_page() -> Iterator[str]:
    """Lines of Markdown."""
    yield REPORT
    yield from _objects(Study)


def _objects(top: type[BaseModel]) -> Iterator[str]:
    """A table for a class, and one for each that it refers to."""
    referred = [name for name, of in schema(top).get("$defs", {}).items() if "properties" in of]
    for kind in (top, *(_class(name, top) for name in referred)):
        doc = sentence((kind.__doc__ or "").partition("\n\n")[0])
        yield from (f"## {kind.__name__}", "", doc, "", *table(kind, linked=True), "")
    for name, of in schema(top).get("$defs", {}).items():
        if "properties" not in of:
            yield from (f"## {name}", "", ", ".join(code(str(each)) for each in of["enum"]) + ".", "")


def _class(name: str, top: type[BaseModel]) -> type[BaseModel]:
    """The class of that name beside `top`, in its package."""
    package = top.__module__.rpartition(".")[0]
    modules = [module for known, module in sys.modules.items() if known.startswith(package)]
    found: type[BaseModel] = next(getattr(module, name) for module in modules if hasattr(module, name))
    return found
