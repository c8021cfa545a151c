"""Telling errors for want of memory from others, in all the forms that libraries give them."""

import errno
import re
import sys
from collections.abc import Iterator

SAID = re.compile(
    r"out of memory"  # CUDA, HIP and MPS; Triton; an AcceleratorError of torch
    r"|CU(BLAS|DNN|SOLVER|SPARSE)_STATUS_ALLOC_FAILED"
    r"|CUBLAS_STATUS_NOT_INITIALIZED"  # the first product on a card that others have filled
    r"|DefaultCPUAllocator: (can't allocate|not enough) memory"
    r"|cannot allocate memory|std::bad_alloc",
    re.IGNORECASE,
)
"""What RuntimeErrors and OSErrors of torch, Triton and the C library say."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of a GPU or of this machine: as the error itself, or as what caused it."""
    return any(map(_is_one, _chain(error)))


def says_out_of_memory(text: str) -> bool:
    """Whether the text of an error, or of a traceback, is of one for want of memory."""
    return SAID.search(text) is not None


def _is_one(error: BaseException) -> bool:
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError | OSError) and says_out_of_memory(str(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, those of its group, and what caused each; what was hidden by `from None` is left out."""
    seen: set[int] = set()
    ahead: list[BaseException | None] = [error]
    while ahead:
        current = ahead.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            ahead += current.exceptions
        ahead.append(current.__cause__ or (None if current.__suppress_context__ else current.__context__))
