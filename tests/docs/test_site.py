"""The site of docs/: it builds without a warning, asks nothing of elsewhere, and its reference leaves nothing out."""

import re
import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.command import VERBS
from bench.config import METHODS, DataConfig, TrainingConfig, TransformerConfig
from bench.config.model import ALONE
from bench.decide.options import DecideOptions
from bench.options.listed import options
from bench.results.record import Record
from bench.sweep.runners import RUNNERS
from docs.tooling.schema_table import CHOSEN, FILLED_IN, docstrings
from tests.support.cli import REPOSITORY

FETCHED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "link": "href", "use": "href"}
"""What a browser fetches to show a page, by tag; <a> it does not."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Fetched(HTMLParser):
    """Addresses that a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FETCHED and given.get("rel") != "canonical" and (address := given.get(FETCHED[tag])):
            self.addresses.append(address)


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        read = Fetched()
        read.feed(page.read_text("utf-8"))
        assert len(read.addresses) > 3
        assert [one for one in read.addresses if re.match(r"(?:https?:)?//", one)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8")), sheet


def test_every_page_is_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    pages = [page.relative_to(site).as_posix() for page in site.rglob("*.html") if page.name != "404.html"]
    assert [page for page in pages if f'href="{page}"' not in home and page != "index.html"] == []


def test_every_option_has_a_line_and_a_meaning(site: Path) -> None:
    page = (site / "reference/options.html").read_text("utf-8")
    assert re.findall(r"<td><code>([^<]+)</code></td>(?:\s*<td>(?:(?!</td>).)*</td>)*\s*<td></td>\s*</tr>", page) == []
    listed = set(re.findall(r"<tr>\s*<td><code>([^<]+)</code></td>", page))
    assert options().keys() <= listed
    runners = [runner.schema for runner in RUNNERS.values()]
    for schema in (TrainingConfig, DataConfig, TransformerConfig, DecideOptions, *ALONE, *METHODS, *runners):
        names = {each.name for each in fields(schema) if not docstrings(schema).get(each.name, "").endswith(FILLED_IN)}
        assert names - {*CHOSEN} <= listed, schema


def test_every_verb_and_every_field_of_a_record_is_there(site: Path) -> None:
    commands = (site / "reference/commands.html").read_text("utf-8")
    assert [verb for verb in VERBS if f'id="bench-{verb}"' not in commands] == []
    record = (site / "reference/record.html").read_text("utf-8")
    assert [name for name in Record.model_fields if f"<code>{name}</code>" not in record] == []
