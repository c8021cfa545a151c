"""Errors that are the user's to mend: one clear line, never a traceback."""

from collections.abc import Iterable

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class UserError(Exception):
    """Something that the user asked for cannot be done; the message names the option and the limit."""

    exit_code = 2
    """Of a command that it ends."""


class DataChanged(UserError):
    """The data that a cell was planned with is there no more, or is another: no cell on it can be run."""


class ModelChanged(UserError):
    """The files of a model that a cell was planned with are there no more, or are others: no cell on it can be run."""


class TaskInfeasible(UserError):
    """The data cannot give the examples that a task asks for."""

    def __init__(self, message: str, fitting: int | None = None) -> None:
        """`fitting`: the biggest training size that the data can give; None where there is none, or it is not known."""
        super().__init__(message)
        self.fitting = fitting


def refuse(problems: Iterable[str]) -> None:
    """Raise UserError with all problems, each of them once; nothing where there are none."""
    if found := dict.fromkeys(problems):
        raise UserError("; ".join(found))


def said(error: BaseException) -> str:
    """An error of the file system in a few words, with the file that it is about; any other one on one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
