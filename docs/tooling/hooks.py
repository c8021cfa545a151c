"""What MkDocs calls while it builds the site: reference pages are made of the code, so they can't be out of date."""

from collections.abc import Callable, Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.tooling import experiments, models, options, published, schemas, verbs

PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "reference/options.md": options.page,
    "reference/commands.md": verbs.page,
    "reference/models.md": models.page,
    "reference/experiments.md": experiments.page,
    "reference/record.md": schemas.record_page,
    "reference/report_json.md": schemas.report_page,
    "studies/published_numbers.md": published.page,
}
"""What is made, by its place in the site: lines of Markdown."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for place, page in PAGES.items():
        files.append(File.generated(config, place, content="\n".join(page()) + "\n"))
    return files
