"""The built wheel, installed in an empty environment outside a checkout."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rich

from bench import __version__
from bench.results import store
from tests.support.cli import environment
from tests.support.texts import topics

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bench` of an environment that has the wheel, and what it needs from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for name in ("bench", "hydra_plugins", "conf"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True, timeout=120)
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    install = ["--python", str(venv / "bin/python"), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True, timeout=120)
    (packages,) = venv.glob("lib/python*/site-packages")
    # a folder named in a .pth file is searched, and .pth files in it, such as a checkout's, are not read
    (packages / "dependencies.pth").write_text(f"{Path(rich.__file__).parents[1]}\n")
    return venv / "bin/bench"


def test_the_page_of_an_index_has_no_picture_or_link_that_leads_nowhere(program: Path) -> None:
    (metadata,) = program.parents[1].glob("lib/python*/site-packages/finetune_bench-*.dist-info/METADATA")
    text = metadata.read_text("utf-8")
    assert "License-Expression: MIT" in text
    assert "bench best tickets" in text
    assert "Description-Content-Type: text/markdown" in text
    assert not re.search(r"\]\((?!https?:|#)", text)


def test_the_wheel_has_every_file_of_the_package(program: Path) -> None:
    """Templates, styles, tables, and the mark that says that it has types."""
    (packages,) = program.parents[1].glob("lib/python*/site-packages")
    files = {path.relative_to(ROOT) for path in (ROOT / "bench").rglob("*") if path.is_file()}
    files = {path for path in files if "__pycache__" not in path.parts}
    kinds = {path.suffix for path in files}
    assert {".py", ".j2", ".css", ".js", ".csv"} <= kinds
    assert Path("bench/py.typed") in files
    conf = {path.relative_to(ROOT) for path in (ROOT / "conf").rglob("*.yaml")}
    wanted = {path: path for path in files} | {path: "bench" / path for path in conf}
    assert [str(path) for path, place in wanted.items() if not (packages / place).is_file()] == []


def run(program: Path, *words: str, folder: Path) -> str:
    kept = {name: value for name, value in environment(folder).items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(program), *words], cwd=folder, env=kept, check=False, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_without_a_checkout(program: Path, tmp_path: Path) -> None:
    python = program.parent / "python"
    assert str(program.parent.parent) in run(python, "-c", "import bench; print(bench.__file__)", folder=tmp_path)
    assert run(program, "--version", folder=tmp_path) == f"finetune-bench {__version__}\n"
    assert "minilm" in run(program, "models", "minilm", folder=tmp_path)
    assert "usage" in run(program, "predict", "--help", folder=tmp_path)
    topics(30, labels=("sport", "business")).to_csv(tmp_path / "tickets.csv", index=False)
    words = ("data=file", "data.path=tickets.csv", "data.name=tickets", "model=tfidf_sgd", "split=nested")
    sizes = ("num_labels=2", "train_size=8", "seed=0,1", "device=cpu")
    run(program, "sweep", *words, *sizes, folder=tmp_path)
    assert len(list(store.scan(tmp_path / "results"))) == 2
    strip = "from bench.watch.page import waiting, with_strip; print(with_strip(waiting('mine'), None)[0])"
    assert '<aside id="watch"' in run(python, "-c", strip, folder=tmp_path)
