"""Texts of many requests in batches of the model: whoever comes while it computes goes into the next one."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import UserError

if TYPE_CHECKING:
    from bench.methods.fitted import Probabilities

Predict = Callable[[Sequence[str]], "Probabilities"]
"""Probabilities of texts, shape (texts, labels)."""


class Busy(Exception):
    """More texts wait than are allowed to."""


@dataclass(frozen=True, slots=True)
class Request:
    """The texts of one caller, and where their probabilities go."""

    texts: Sequence[str]
    answer: "Future[Probabilities]" = field(default_factory=Future)


class Batcher:
    """One thread that has the model. What fails for a batch of several requests is tried for each by itself, so that
    one caller's text is not another one's error."""

    def __init__(self, predict: Predict, *, max_batch: int, max_waiting: int, wait_ms: float) -> None:
        self._predict, self._max_batch, self._max_waiting = predict, max_batch, max_waiting
        self._wait = wait_ms / 1000
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._waiting, self._lock, self._closed = 0, threading.Lock(), False
        self._held: Request | None = None
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Texts that are not answered yet."""
        return self._waiting

    def ask(self, texts: Sequence[str]) -> "Future[Probabilities]":
        """The probabilities of `texts`, once there are some. Raises Busy; the future has what the model raises."""
        request = Request(texts)
        with self._lock:
            if self._closed or self._waiting + len(texts) > self._max_waiting:
                raise Busy
            self._waiting += len(texts)
            self._requests.put(request)
        return request.answer

    def close(self) -> None:
        """Answer what waits, and end."""
        with self._lock:
            self._closed = True
            self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._gathered()) is not None:
            wanted = [request for request in batch if request.answer.set_running_or_notify_cancel()]
            if wanted:  # callers of the others have given up
                self._answer(wanted)
            with self._lock:
                self._waiting -= sum(len(request.texts) for request in batch)

    def _gathered(self) -> list[Request] | None:
        """The requests of the next batch; one that is larger than a batch goes alone. None at the end."""
        first = self._held or self._requests.get()
        self._held = None
        if first is None:
            return None
        batch, size, until = [first], len(first.texts), time.monotonic() + self._wait
        while size < self._max_batch:
            try:
                request = self._requests.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                break
            if request is None:
                self._requests.put(None)  # the next turn ends with it
                break
            if size + len(request.texts) > self._max_batch:
                self._held = request
                break
            batch.append(request)
            size += len(request.texts)
        return batch

    def _answer(self, batch: Sequence[Request]) -> None:
        try:
            found = self._predict([text for request in batch for text in request.texts])
        except Exception as error:
            if len(batch) > 1:
                for request in batch:
                    self._answer([request])
            else:
                batch[0].answer.set_exception(error)
            return
        ends = np.cumsum([len(request.texts) for request in batch])[:-1]
        for request, part in zip(batch, np.split(found, ends), strict=True):
            request.answer.set_result(part)


def is_the_caller_s(error: BaseException) -> bool:
    """Whether an answer's error is about the texts that were sent."""
    return isinstance(error, UserError)
