"""The hub, its token and licences; Slurm."""

from collections.abc import Callable

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError

from bench.doctor import __main__ as command
from bench.doctor import slurm, sweep
from bench.sources import reach
from bench.sweep.slurm import queue, submission
from tests.sources.test_hub import ANSWER

GATED = "go_emotions_grid"
SECRETS = ("hf_AbCdEfGhIjKlMnOpQrStUvWx", "plain-word")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(sweep, "why_unreachable", reach.why_unreachable)


@pytest.mark.usefixtures("offline")
def test_offline(doctor) -> None:
    said = doctor("demo")
    assert said.of("hub") == [("note", "HF_HUB_OFFLINE is set: the hub is not asked")]
    assert said.code == 0
    said = doctor(GATED, "model=bert_base")
    assert said.of("hub")[0][0] == "problem"
    assert said.of("hub")[0][1].endswith("-> unset HF_HUB_OFFLINE, or set mirror_dir=FOLDER to copies on disk")
    assert any("google-bert/bert-base-uncased is not in the hub's cache" in text for _, text in said.of("files"))


@pytest.mark.usefixtures("offline")
def test_copies_stand_in_for_the_hub(doctor, mirror) -> None:
    said = doctor("gpt2_spam_last_block", f"mirror_dir={mirror}", "model=gpt2_xl", "data=sms_spam")
    assert said.of("hub")[0][0] == "note"
    assert said.of("files") == [("ok", "2 of 2 are here")]


def test_no_network(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "why_unreachable", lambda: "no route to host")
    assert doctor("demo").of("hub")[0][0] == "note"
    said = doctor(GATED, "model=bert_base")
    assert said.of("hub") == [
        (
            "problem",
            "https://huggingface.co cannot be reached: no route to host -> check the network and HTTPS_PROXY, or set "
            "mirror_dir=FOLDER to copies on disk",
        )
    ]
    assert said.of("files")[0][0] == "note"
    assert said.of("files")[0][1].endswith("to be downloaded from the hub: go_emotions, bert_base")


def test_no_token(doctor) -> None:
    assert doctor("demo").of("token") == [("ok", "there is none, and none is needed")]
    said = doctor(GATED)
    assert {"token", "licences"} <= said.problems
    assert said.of("token")[0][1] == "there is none, and gated models need one -> `hf auth login`, or set HF_TOKEN"


@pytest.fixture(params=SECRETS)
def token(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_TOKEN", request.param)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: request.param)
    return request.param


def refuse(model: str) -> None:
    if model.startswith("meta-llama/"):
        raise GatedRepoError("ask for access", response=ANSWER)


def test_a_token_whose_owner_has_not_accepted_a_licence(
    doctor, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(huggingface_hub, "auth_check", refuse)
    said = doctor(GATED)
    assert said.code == 1
    assert said.of("token") == [("ok", "there is one, by HF_TOKEN")]
    (refused, accepted) = said.of("licences")
    assert refused[0] == "problem"
    assert refused[1].startswith("model meta-llama/Llama-3.2-1B is gated: accept its licence on its page on the hub")
    assert accepted == ("ok", "accepted: gemma3_1b")
    command.main([GATED])
    plain = capsys.readouterr()
    assert token not in said.raw + plain.out + plain.err


@pytest.mark.usefixtures("token")
def test_licences_are_not_known_without_the_hub(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "auth_check", lambda _: pytest.fail("the hub was asked"))
    monkeypatch.setattr(sweep, "why_unreachable", lambda: "no route to host")
    assert [state for state, _ in doctor(GATED).of("licences")] == ["note", "note"]


def test_no_slurm(doctor) -> None:
    ((state, text),) = doctor("demo").of("Slurm")
    assert state == "ok"
    assert text.startswith("not here (sbatch, srun, ")
    said = doctor("demo", "hydra/launcher=slurm")
    assert said.problems == {"Slurm"}
    assert said.of("Slurm")[0][1].startswith("hydra/launcher=slurm needs Slurm's commands, and sbatch")


def answer(*_: object) -> int:
    return 1001


def no_answer(*_: object) -> int:
    raise queue.NoAnswer("scontrol: no controller")


@pytest.mark.parametrize(
    ("asked", "here", "state"), [(answer, "ok", "ok"), (no_answer, "note", "problem")], ids=["answers", "silent"]
)
def test_slurm(asked: Callable[..., int], here: str, state: str, doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (slurm, submission):
        monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(queue, "max_array_size", asked)
    assert doctor("demo").of("Slurm")[0][0] == here
    said = doctor("demo", "hydra/launcher=slurm")
    assert said.of("Slurm")[0][0] == state
    assert said.of("bf16") == [("note", "the nodes' GPUs are not known here")]
    assert "GPU" not in said.problems
