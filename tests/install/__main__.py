"""Builds the wheel, installs it with all that it needs in empty environments outside the checkout, and uses it there.

Each Python from 3.11 to 3.13 that is on this machine gets an environment of its own and runs a first study, from a CSV
file to labelled texts; for those that are not, and for these, uv resolves what would be installed. Exit code 1 where
anything fails.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
STUDY = (
    ("--version",),
    ("sweep", "--help"),
    ("init", "tickets.csv"),
    ("plan", "tickets", "model=tfidf_sgd", "seed=0,1"),
    ("sweep", "tickets", "model=tfidf_sgd", "seed=0,1"),
    ("status", "tickets", "model=tfidf_sgd", "seed=0,1"),
    ("best", "tickets", "model=tfidf_sgd", "seed=0,1"),
)
"""What a new user does; the words behind `bench`."""
TOPICS = {
    "delivery": ("parcel", "late", "courier", "address", "tracking"),
    "billing": ("invoice", "charged", "refund", "card", "twice"),
    "account": ("password", "login", "email", "locked", "reset"),
}


def main() -> int:
    """Run everything; return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.install", description=__doc__)
    options.add_argument("--only", choices=VERSIONS, action="append", help="these Pythons alone")
    wanted = options.parse_args().only or VERSIONS
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wheel = build(folder)
        found = {version: interpreter(version) for version in wanted}
        uv = with_uv(folder)
        results = {f"Python {version}: resolved": resolves(uv, version, folder) for version in wanted}
        for version, python in found.items():
            name = f"Python {version}: installed and used"
            results[name] = None if python is None else use(python, wheel, folder / version, uv)
    for name, is_right in results.items():
        print(f"{'not on this machine' if is_right is None else 'ok' if is_right else 'FAILED'}\t{name}")
    return int(any(is_right is False for is_right in results.values()))


def build(folder: Path) -> Path:
    """The wheel of this checkout."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def interpreter(version: str) -> str | None:
    """A Python of this version: on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    named = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    for path in filter(None, named):
        asked = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip() == version:
            return path
    return None


def with_uv(folder: Path) -> str:
    """The program uv, in an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "uv")], check=True)
    pip = [str(folder / "uv/bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "uv"], check=True)
    return str(folder / "uv/bin/uv")


def resolves(program: str, version: str, folder: Path) -> bool:
    """Whether the package with all its extras has versions that go together for this Python."""
    uv = [program, "pip", "compile", "--quiet", "--all-extras", "--python-version", version]
    out = ["--output-file", str(folder / f"{version}.txt"), str(ROOT / "pyproject.toml")]
    return subprocess.run([*uv, *out], check=False).returncode == 0


def use(python: str, wheel: Path, folder: Path, uv: str) -> bool:
    """Install the wheel for one Python, without extras, and go through a first study; what fails is printed.

    By pip for the Python that runs this, as a user does, and by uv, which is quicker, for the others.
    """
    began = time.monotonic()
    home = folder / "study"
    home.mkdir(parents=True)
    subprocess.run([python, "-m", "venv", str(folder / "venv")], check=True)
    own = str(folder / "venv/bin/python")
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if folder.name != f"{sys.version_info.major}.{sys.version_info.minor}":
        pip = [uv, "pip", "install", "--quiet", "--python", own]
    subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], check=True)
    print(f"installed for {python} in {time.monotonic() - began:.0f} s", flush=True)
    write_tickets(home / "tickets.csv")
    bench = str(folder / "venv/bin/bench")
    return all(run([bench, *words], home) for words in STUDY) and predicts(bench, home)


def write_tickets(path: Path) -> None:
    """A table of texts that no two of are alike."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["text", "topic"])
        for number in range(240):
            topic, words = list(TOPICS.items())[number % len(TOPICS)]
            chosen = " ".join(words[(number * step) % len(words)] for step in (1, 2, 3))
            table.writerow([f"Order {number}: {chosen}, please help", topic])


def run(words: list[str], folder: Path) -> bool:
    """Whether a command ends well; what it printed is shown where it does not."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    env |= {"FINETUNE_BENCH_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(words, cwd=folder, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
    return done.returncode == 0


def predicts(bench: str, home: Path) -> bool:
    """Whether the kept winner labels texts as it should."""
    if not run([bench, "predict", "models/tickets", "--file", "tickets.csv", "--out", "labelled.csv"], home):
        return False
    with (home / "labelled.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    right = sum(line["topic"] == line["predicted"] for line in lines)
    print(f"{right} of {len(lines)} texts labelled right", flush=True)
    return len(lines) == 240 and right > 200


if __name__ == "__main__":
    sys.exit(main())
