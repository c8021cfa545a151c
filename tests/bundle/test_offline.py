"""A bundle is made where a hub and an index answer, and used where nothing does."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import rich

from bench.results import store
from tests.bundle.conftest import Bundler
from tests.support.cli import environment

CUT = """\
import socket

def connect(self, address):
    raise OSError(101, f"the network is cut off: {address}")

socket.socket.connect = connect
"""
"""As sitecustomize.py: no Python program reaches another one, not by name or number."""


def shell(line: str, folder: Path, env: dict[str, str]) -> str:
    """Run it where there is no network at all, as far as this system can do that."""
    can = shutil.which("unshare") and subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True)
    cut = ["unshare", "-rn"] if can and can.returncode == 0 else []
    done = subprocess.run(
        [*cut, "bash", "-euc", line], cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_is_read_is_there_and_nothing_else(bundle: Path) -> None:
    names = set(json.loads((bundle / "manifest.json").read_text())["files"])
    assert {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()} == names | {
        "manifest.json"
    }
    rest = {name for name in names if not name.startswith("packages/")}
    model = "models/google-bert/bert-base-uncased"
    read = ("LICENSE", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    assert rest == {
        "README.md", "check.py", "requirements.txt", *(f"{model}/{name}" for name in read),
        "datasets/someone/topics/README.md", "datasets/someone/topics/small/train-00000-of-00001.parquet",
        "wheels/tiny_texts-1.0-py3-none-any.whl", "own/texts/tickets.csv", "own/conf/experiment/mine.yaml",
        *(f"own/conf/data/{name}.yaml" for name in ("hubs", "tickets", "shelf")),
    }  # fmt: skip


def test_the_commands_of_its_readme_do_without_a_network(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}").symlink_to(sys.executable)
    env = environment(tmp_path, {"HOME": str(tmp_path), "HF_HUB_OFFLINE": None, "PIP_CONFIG_FILE": os.devnull})
    env["PATH"] = f"{tmp_path / 'bin'}:{env['PATH']}"
    lines = re.findall(r"^    (.*)$", (bundle / "README.md").read_text(), re.M)
    said = shell("\n".join(lines[:3]), bundle, env)
    assert "as they were made, and for this machine" in said
    (packages,) = tmp_path.glob("bench-env/lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{Path(rich.__file__).parents[1]}\n")  # (the wheels are empty)
    (packages / "sitecustomize.py").write_text(CUT)
    said = shell("\n".join([lines[0], *lines[3:]]), bundle, env)
    assert "3 cells, 0 done, 3 to run" in said
    study = tmp_path / "bench-study"
    assert [json.loads((path / "record.json").read_text())["status"] for path in store.scan(study / "results")] == [
        "ok"
    ] * 3, said
    assert (study / "reports/mine/index.html").is_file()
    where = f"import bench; print(bench.__file__); import sys; sys.argv[1:] = ['--check', {str(bundle)!r}]"
    checked = f"{where}; from bench.bundle.__main__ import main; sys.exit(main())"
    said = shell(f'{tmp_path}/bench-env/bin/python -c "{checked}"', tmp_path, env)
    assert said.startswith(str(packages))
    assert "as they were made" in said


def test_it_goes_on_where_it_was_cut_off(bundle: Path, bundler: Bundler, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle, folder)
    weights = "models/google-bert/bert-base-uncased/model.safetensors"
    content = bytearray((folder / weights).read_bytes())
    content[-1] ^= 1
    (folder / weights).write_bytes(content)
    (folder / "datasets/someone/topics/README.md").unlink()
    (folder / "wheels/tiny_texts-1.0-py3-none-any.whl").unlink()
    (folder / "packages/older.whl").touch()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("packages/*")}
    for left in (".wheel-a", "models/google-bert/bert-base-uncased/.cache/huggingface"):
        (folder / left).mkdir(parents=True)
        (folder / left / "piece").touch()
    bundler.hub.sent.clear()
    again = bundler("mine", "--to", str(folder), "--constraints", "constraints.txt")
    assert again.returncode == 0, again.stderr
    fetching = [line for line in again.stdout.splitlines() if "fetching" in line]
    assert [line.partition(":")[0] for line in fetching] == ["data hubs", "model bert_base", "data shelf"]
    card = "datasets/someone/topics/README.md"  # which is read for the plan, too
    assert sorted(bundler.hub.sent) == [card, card, weights]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("packages/*")} == before
    assert again.stderr == "note: 1 file there, as packages/older.whl, are no part of it: remove them\n"
    checked = bundler("--check", str(folder))
    assert (checked.returncode, checked.stdout, checked.stderr) == (1, "extra: packages/older.whl\n", "")
