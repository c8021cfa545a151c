"""What a server of a model is bound by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what is answered, so that no caller can take all memory or all time."""

    max_body: int = 1_000_000
    """Bytes of a request."""
    max_texts: int = 64
    """Of a request."""
    max_chars: int = 20_000
    """Of a text."""
    max_batch: int = 32
    """Texts that the model is given at once, of as many requests."""
    max_waiting: int = 1024
    """Texts that wait; more are refused (503)."""
    wait_ms: float = 5.0
    """Milliseconds that a text waits at most for others to share its batch."""
