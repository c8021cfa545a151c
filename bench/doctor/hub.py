"""The hub: whether it answers, whether there is a token, and whether licences are accepted."""

import os
from collections.abc import Iterator

from bench.doctor.files import is_gated, missing, of_hub, sources
from bench.doctor.finding import Finding, note, ok, problem, problem_if
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.running.preflight import check_source
from bench.sources import hub
from bench.sources.reach import address

FIX = "check the network and HTTPS_PROXY, or set mirror_dir=FOLDER to copies on disk"
OFFLINE_FIX = "unset HF_HUB_OFFLINE, or set mirror_dir=FOLDER to copies on disk"


def reach(sweep: Sweep) -> Iterator[Finding]:
    """Whether it answers; a sweep whose files are all here does without."""
    reason = sweep.unreachable
    if reason is None:
        yield ok(f"{address()} answers")
        return
    wanted = missing(sweep)
    if hub.offline():
        yield problem_if(bool(wanted), reason, OFFLINE_FIX if wanted else None)
    else:
        yield problem_if(bool(wanted), f"{address()} cannot be reached: {reason}", FIX)


def token(sweep: Sweep) -> Iterator[Finding]:
    """Whether there is one, and where from: what it is, nobody is shown."""
    import huggingface_hub

    if huggingface_hub.get_token() is not None:
        named = next((name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)), None)
        yield ok(f"there is one, by {'`hf auth login`' if named is None else named}")
    elif any(map(is_gated, missing(sweep) if hub.offline() else of_hub(sweep))):
        yield problem("there is none, and gated models need one", "`hf auth login`, or set HF_TOKEN")
    else:
        yield ok("there is none, and none is needed")


def licences(sweep: Sweep) -> Iterator[Finding]:
    """Whether this token's owner may read each gated model of the sweep."""
    import huggingface_hub

    gated, asked = [source for source in sources(sweep) if is_gated(source)], of_hub(sweep)
    has_token = huggingface_hub.get_token() is not None
    here: list[str] = []
    accepted: list[str] = []
    for model in gated:
        if model in asked and has_token and not hub.offline() and sweep.unreachable is not None:
            yield note(f"{model.name}: not known, for the hub cannot be reached")
            continue
        try:
            check_source(model, sweep.settings)
        except UserError as error:
            yield problem(str(error))
        else:
            (accepted if model in asked and not hub.offline() else here).append(model.name)
    if accepted:
        yield ok(f"accepted: {', '.join(accepted)}")
    if here:
        yield ok(f"here already: {', '.join(here)}")
    if not gated:
        yield ok("no model of this experiment is gated")
