"""What axe-core, the usual checker, finds wrong with the pages for readers who do not see it, or not well."""

from pathlib import Path

import axe_core_python
import pytest

from tests.browser.conftest import show

AXE = Path(axe_core_python.__file__).with_name("axe.min.js")
RUN = (
    "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then((found) => "
    "done(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`)))"
)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 390)], ids=["light", "dark phone"])
@pytest.mark.parametrize("which", ["page", "compare_page"])
def test_nothing_is_wrong(chromium, request, *, which, dark, width, closed):
    show(chromium, request.getfixturevalue(which), dark=dark, width=width, closed=closed)
    chromium.execute_script(AXE.read_text("utf-8"))
    assert chromium.execute_async_script(RUN) == []


def test_a_fault_is_found(chromium, page):
    show(chromium, page, dark=False, closed=True)
    chromium.execute_script(AXE.read_text("utf-8"))
    chromium.execute_script("document.getElementById('theme').style.color = '#fdfdfd'")
    assert any(found.startswith("color-contrast") for found in chromium.execute_async_script(RUN))
