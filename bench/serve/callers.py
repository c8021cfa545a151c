"""Callers of a served model on this machine: so many threads, one text a request, one request after the other."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.address import LOCAL
from bench.errors import UserError, said
from bench.results.serving import Load

SUBJECTS = ("invoice", "password", "delivery", "contract")
TIMEOUT = 60
"""Seconds that a caller waits for an answer."""


def measured(port: int, bodies: Iterator[bytes], callers: int, seconds: float) -> Load:
    """What so many callers got, threads of this process, for `seconds`. Raises UserError where one is refused."""
    import numpy as np

    begun, lock, over = time.perf_counter(), threading.Lock(), threading.Event()

    def call(_: int) -> list[float]:
        took: list[float] = []
        connection = http.client.HTTPConnection(LOCAL, port, timeout=TIMEOUT)
        try:
            while not over.is_set() and (not took or time.perf_counter() - begun < seconds):
                with lock:
                    body = next(bodies)
                clock = time.perf_counter()
                _answer(connection, body)
                took.append(time.perf_counter() - clock)
        except BaseException:
            over.set()  # the others need not go on
            raise
        finally:
            connection.close()
        return took

    with ThreadPoolExecutor(callers) as pool:
        try:
            found = [each for took in pool.map(call, range(callers)) for each in took]
        finally:
            over.set()  # after Ctrl-C nobody asks again
    elapsed = time.perf_counter() - begun
    p50, p99 = np.percentile(found, [50, 99]) * 1000
    return Load(
        callers=callers,
        requests=len(found),
        seconds=elapsed,
        p50_ms=float(p50),
        p99_ms=float(p99),
        texts_per_second=len(found) / elapsed,
    )


def _answer(connection: http.client.HTTPConnection, body: bytes | None = None) -> Any:
    """What the server answers: to /predict, or, where nothing is asked, to /health. Raises UserError."""
    try:
        if body is None:
            connection.request("GET", "/health")
        else:
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"the server does not answer: {said(error)}") from error
    answer = json.loads(content)
    if response.status != http.client.OK:
        raise UserError(f"the server refused a text ({response.status}): {answer.get('error')}")
    return answer


def health(port: int) -> Any:
    """What the server says of itself. Raises UserError."""
    connection = http.client.HTTPConnection(LOCAL, port, timeout=TIMEOUT)
    try:
        return _answer(connection)
    finally:
        connection.close()


def bodies_of(texts: Sequence[str]) -> Iterator[bytes]:
    """Requests without end: each text of a file again and again, made up ones each once."""
    made_up = (
        f"Hello, since the update number {number} my {SUBJECTS[number % len(SUBJECTS)]} is wrong, please help"
        for number in itertools.count()
    )
    for text in itertools.cycle(texts) if texts else made_up:
        yield json.dumps({"texts": [text]}).encode()
