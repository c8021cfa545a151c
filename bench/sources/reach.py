"""Whether the hub can be reached from here, found out within a few seconds."""

import threading

from bench.errors import said
from bench.escape.characters import shortened
from bench.sources.hub import offline

PATIENCE_SECONDS = 5.0
"""For an answer, the name's address included."""


def why_unreachable(patience: float = PATIENCE_SECONDS) -> str | None:
    """Why the hub does not answer; None where it does, whatever it says. In offline mode it is not asked."""
    if offline():
        return "HF_HUB_OFFLINE is set: the hub is not asked"
    problems: list[str | None] = []
    asking = threading.Thread(target=lambda: problems.append(_asked(patience)), daemon=True)
    asking.start()  # a thread, for no limit of a request holds for looking up a name
    asking.join(patience)
    return problems[0] if problems else f"no answer within {patience:g} s"


def address() -> str:
    """Where the hub is, as HF_ENDPOINT may say."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def _asked(patience: float) -> str | None:
    from huggingface_hub.utils import get_session

    try:
        get_session().head(address(), timeout=patience)
    except Exception as error:  # of whichever library the hub's own uses for the network, or of a proxy's address
        return shortened(said(error), 200)
    return None
