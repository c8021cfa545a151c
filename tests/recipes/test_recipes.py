"""Recipes for clusters, as far as that can be told without one: their form, and every `bench` line, composed."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema
import pytest
import yaml

from bench.command import VERBS
from bench.sweep.composed import composed, with_experiment
from bench.sweep.job_index import OWN, SYSTEMS
from bench.sweep.launch import read
from tests.support.cli import REPOSITORY
from tests.support.cli import composed as composed_cell

RECIPES = REPOSITORY / "recipes"
SCRIPTS = sorted(RECIPES.glob("*.sh"))
JOBS = sorted(RECIPES.glob("kubernetes-*.yaml"))
FIRST_JOB = {
    "skypilot.yaml": {"SKYPILOT_NODE_RANK": "0", "SKYPILOT_NUM_NODES": "4", "BUCKET": "mine"},
    "kubernetes-job.yaml": {"JOB_COMPLETION_INDEX": "0"},
    "kubernetes-kueue.yaml": {"JOB_COMPLETION_INDEX": "0"},
    "lsf.sh": {"LSB_JOBINDEX": "1", "LSB_JOBINDEX_END": "8", "LSB_JOBINDEX_STEP": "1"},
    "pbs.sh": {"PBS_ARRAY_INDEX": "1"},
}
"""What the first of the jobs finds in its environment."""
BENCH = re.compile(r"(?<![\w/.-])(?:\.venv/bin/)?bench +((?:run|sweep|plan|report)\b[^\n|;&]*)")


def text_of(path: Path) -> str:
    """With continued lines joined, and the beginnings of comments gone."""
    lines = (line.removeprefix("# ").removeprefix("#") for line in path.read_text().splitlines())
    return re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))


def commands() -> list[tuple[str, str]]:
    """(file, words behind `bench`) of every command in the recipes and in docs/machines.md."""
    found = [(path.name, line) for path in (*sorted(RECIPES.iterdir()), REPOSITORY / "docs/machines.md")
             for line in BENCH.findall(text_of(path))]  # fmt: skip
    found += [(path.name, shlex.join(container(path)["args"])) for path in JOBS]
    found = [(name, line.partition("  #")[0].partition("`")[0].strip()) for name, line in found]
    return [(name, line.removesuffix('"') if line.count('"') % 2 else line) for name, line in found]  # of bash -c "..."


def container(path: Path) -> dict[str, Any]:
    (only,) = yaml.safe_load(path.read_text())["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.parametrize(("name", "line"), commands())
def test_every_command_is_one(name: str, line: str, tmp_path: Path) -> None:
    """On the first machine: its cells are composed, and some are there."""
    first = dict.fromkeys((system.index for system in SYSTEMS), "") | FIRST_JOB.get(name, {})
    with mock.patch.dict(os.environ, {**first, "HOME": str(tmp_path), "part": str(tmp_path / "part")}):
        os.environ.pop(OWN, None)
        verb, *words = shlex.split(os.path.expandvars(line))
        assert verb in VERBS
        words = ["demo" if word in ("NAME", "tickets") else word for word in words]
        if verb == "run":
            assert composed_cell(*words)
            return
        points, cells, settings = read(composed(with_experiment(words)).configs)
    assert cells
    if settings.shard is not None:
        index, _, count = settings.shard.partition("/")
        grid = {point.cell.key for point in points}
        assert len(cells) - len(grid) / int(count) < 1
        assert index in "123"


def test_there_are_commands_in_every_recipe() -> None:
    recipes = {path.name for path in RECIPES.iterdir()}
    assert {name for name, _ in commands()} == recipes | {"machines.md"}
    assert len(commands()) > 12


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_jobs_of_kubernetes_have_known_fields(path: Path) -> None:
    job = yaml.safe_load(path.read_text())
    schema = json.loads((Path(__file__).parent / "kubernetes_job.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(job, schema)
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert f"shard=auto/{spec['completions']}" in container(path)["args"], "the number of parts stands twice"
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never", "backoffLimitPerIndex wants it"
    mounts = {mount["name"] for mount in container(path)["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}
    named = [
        rule["onExitCodes"]["containerName"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule
    ]
    assert named == [container(path)["name"]]


def test_the_schema_finds_a_slip() -> None:
    job = yaml.safe_load(JOBS[0].read_text())
    schema = json.loads((Path(__file__).parent / "kubernetes_job.schema.json").read_text())
    for slip in (
        {"completionsMode": "Indexed"},
        {"completions": "8"},
        {"podFailurePolicy": {"rules": [{"action": "No"}]}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**job, "spec": {**job["spec"], **slip}}, schema)


def test_the_task_of_skypilot_has_known_fields() -> None:
    task = yaml.safe_load((RECIPES / "skypilot.yaml").read_text())
    known = {"name", "workdir", "num_nodes", "resources", "envs", "secrets", "file_mounts", "setup", "run"}
    assert set(task) <= known
    assert set(task["resources"]) <= {"infra", "accelerators", "cpus", "memory", "use_spot", "disk_size", "image_id"}
    for mount in task["file_mounts"].values():
        assert set(mount) == {"source", "mode"}
        assert mount["mode"] in ("MOUNT", "MOUNT_CACHED", "COPY")
    for part in ("setup", "run"):
        checked = subprocess.run(["bash", "-n"], input=task[part], text=True, capture_output=True, check=False)
        assert checked.stderr == ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_such(path: Path) -> None:
    assert subprocess.run(["bash", "-n", str(path)], capture_output=True, check=False).stderr == b""
    assert path.read_text().startswith("#!/bin/bash\n")
    assert "set -eu" in path.read_text()


def test_the_number_of_parts_stands_twice_in_an_array_of_pbs() -> None:
    text = (RECIPES / "pbs.sh").read_text()
    (last,) = re.findall(r"^#PBS -J 1-(\d+)$", text, re.M)
    assert f"shard=auto/{last}" in text


def test_the_image_has_what_it_copies_and_pinned_versions() -> None:
    text = text_of(RECIPES / "Dockerfile")
    steps = re.findall(r"^([A-Z]+) (.*)$", text, re.M)
    assert {word for word, _ in steps} <= {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "ENTRYPOINT", "CMD"}
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", steps[0][1])
    for source in (name for word, rest in steps if word == "COPY" for name in rest.split()[:-1]):
        assert (REPOSITORY / source).exists(), source
    for rest in (rest for word, rest in steps if word == "RUN"):
        script = re.sub(r"^(--\S+ )+", "", rest)
        assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False).stderr == ""
    assert "--constraint constraints.txt" in text
