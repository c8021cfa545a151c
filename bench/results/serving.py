"""How fast a kept model answers behind `bench serve`: a file in the model's folder, which reports read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt, TypeAdapter, ValidationError

from bench.errors import UserError, said
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated
from bench.results.store import write_atomically

FILE = "serving.json"
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What callers got who each asked again as soon as they were answered, one text a request."""

    callers: PositiveInt
    requests: PositiveInt
    seconds: NonNegativeFloat
    p50_ms: NonNegativeFloat
    """Milliseconds that half of the requests took at most, at the caller."""
    p99_ms: NonNegativeFloat
    texts_per_second: NonNegativeFloat

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The texts of the requests, each asked again and again."""

    source: str
    """The name of their file."""
    count: PositiveInt
    mean_characters: NonNegativeFloat

    __pydantic_config__ = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What was measured of one model on one machine, its callers on the same machine."""

    version: Literal[1] = 1
    measured: str
    """When, in UTC, ISO 8601."""
    cells: tuple[str, ...]
    """Keys of the cell that kept the model, or of those by which `bench best` chose it; none: not known."""
    refit: bool
    """Whether the model was trained on all rows (`bench best`)."""
    device: Literal["cpu", "cuda"]
    device_name: str
    cores: PositiveInt
    """That the server and its callers shared."""
    platform: str
    packages: Mapping[str, str]
    options: Mapping[str, float]
    """The server's bounds (`bench.serve.options`)."""
    texts: Asked | None
    """null: made up, of 12 words, no two alike."""
    ready_seconds: NonNegativeFloat
    """From the command to the first answer that could be given."""
    memory_bytes: PositiveInt
    """The most resident memory of the server's process."""
    gpu_memory_bytes: NonNegativeInt | None
    """The most that the server held on its GPU; null on a CPU."""
    model_bytes: PositiveInt
    """The files of the model's folder."""
    base_bytes: NonNegativeInt | None
    """The weights of a base that the folder does not hold: 0 where it needs none; null where they were not found."""
    loads: tuple[Load, ...]

    __pydantic_config__ = STRICT

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """Which measurement it is, in whatever folder."""
        return self.measured, self.cells

    def write(self, folder: Path) -> Path:
        """Put the file into `folder`, all at once; return its path. Raises OSError."""
        path = folder / FILE
        write_atomically(path, _SERVING.dump_json(self, indent=1))
        return path


_SERVING = TypeAdapter(Serving)


def read(folder: Path) -> Serving | None:
    """What is in `folder`; None where there is none. Raises UserError where it can't be read."""
    path = folder / FILE
    try:
        return validated(_SERVING, read_regular(path, MEGABYTE), strict=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path}: {said(error)}") from error
    except (Repeated, ValidationError) as error:
        raise UserError(
            f"{path} cannot be read: {said(error)[:200]}; `bench serve --measure` writes it anew"
        ) from error
