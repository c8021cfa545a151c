"""What a claim says to people: who runs a cell, where, since when."""

from datetime import UTC, datetime

from bench.results.claims import Claim
from bench.wording import rough_duration


def where(claim: Claim) -> str:
    """Who runs it, where, since when."""
    job = "" if claim.job is None else f", job {claim.job}"
    if (started := since(claim)) is None:
        return f"on {claim.host}, {claim.device} ({claim.launcher}{job}), it is not known since when"
    return (
        f"on {claim.host}, {claim.device} ({claim.launcher}{job}), since "
        f"{started.astimezone():%Y-%m-%d %H:%M:%S}, {rough_duration(elapsed(claim))}"
    )


def since(claim: Claim) -> datetime | None:
    """When the cell was claimed, in UTC where it does not say; None where that is no time."""
    try:
        started = datetime.fromisoformat(claim.started)
        started = started if started.tzinfo is not None else started.replace(tzinfo=UTC)
        started.astimezone()
    except (ValueError, OverflowError):
        return None
    return started


def elapsed(claim: Claim) -> float:
    """Seconds since the claim, not below 0: another machine's clock may be ahead, or wrong altogether."""
    started = since(claim)
    return 0.0 if started is None else max(0.0, (datetime.now(UTC) - started).total_seconds())
