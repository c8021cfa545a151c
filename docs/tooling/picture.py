"""The tutorial's steps up to its report, and a picture of what that shows.

    python -m docs.tooling.picture [--quick]

Writes docs/tutorial_report.png by Chromium, in two minutes or more. Where there is none, the committed picture stays,
and that is said. With `--quick` TF-IDF rows alone are run, in seconds, and the picture is build/tutorial_report.png:
the one in docs/ shows what the tutorial's text says.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
PICTURE = DOCS / "tutorial_report.png"
QUICK = DOCS.parent / "build/tutorial_report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = (1280, 1010)
"""Pixels."""
COLOURS = 128
START = "from bench.command import start; start()"
SIZES = "train_size=32,128,512"


def main() -> int:
    """Run the steps and draw the picture; return the exit code."""
    is_quick = "--quick" in sys.argv[1:]
    rows, picture = (["model=tfidf_sgd,tfidf_logistic"], QUICK) if is_quick else ([], PICTURE)
    with tempfile.TemporaryDirectory() as folder:
        steps(Path(folder), rows)
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if browser is None:
            print(f"no {' or '.join(BROWSERS)} here: {picture} stays as it is")
            return 0
        shot(browser, Path(folder, "reports/headlines/index.html"), Path(folder, "shot.png"))
        picture.parent.mkdir(exist_ok=True)
        smaller(Path(folder, "shot.png"), picture)
    print(f"drawn: {picture}")
    return 0


def steps(folder: Path, rows: list[str]) -> None:
    """What the tutorial has its reader type, in `folder`. Raises CalledProcessError where one fails."""
    (program,) = re.findall(r"```python\n(.*?)```", (DOCS / "tutorial.md").read_text("utf-8"), re.S)
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    for words in (["init", "headlines.csv", "--yes"], ["sweep", "headlines", SIZES, *rows]):
        subprocess.run([sys.executable, "-c", START, *words], cwd=folder, check=True)


def shot(browser: str, page: Path, picture: Path) -> None:
    """The first screen of a page, as PNG."""
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=4000")
    subprocess.run([browser, *quiet, size, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)


def smaller(picture: Path, to: Path) -> None:
    """The same with fewer colours: a third of the bytes."""
    from PIL import Image

    Image.open(picture).convert("RGB").quantize(COLOURS).save(to, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
