"""The addresses of a served model. Errors are `{"error": "one line"}`."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench import __version__
from bench.address import Guard
from bench.escape.characters import visible_line
from bench.kind import MULTI_LABEL
from bench.models.kept import KeptModel
from bench.predict.inputs import first_blank
from bench.predict.label_sets import Rule
from bench.predict.output import prediction
from bench.running.memory import peak_process, reserved_device
from bench.serve.batching import Batcher, Busy, is_the_caller_s
from bench.serve.options import Limits

EXAMPLE = '{"texts": ["..."]}'
NO_JSON = f"give JSON, as {EXAMPLE}, with the header content-type: application/json"
BAD_REQUEST = 400
"""What FastAPI answers to a body that it can't read."""
LONGEST_FIELD = 100
"""Characters that an answer repeats of a name that is not known."""


class Prediction(BaseModel):
    """What the model says of a text: the label, or the labels where it gives any number of them."""

    label: str | None = None
    confidence: float | None = None
    labels: list[str] | None = None
    probabilities: dict[str, float]


class Predictions(BaseModel):
    """In the order of the texts."""

    predictions: list[Prediction]


class Health(BaseModel):
    """What is served, and the most memory that it has taken."""

    status: str
    model: str
    method: str | None
    labels: list[str]
    device: str
    waiting: int
    memory_bytes: int
    gpu_memory_bytes: int | None


def app_of(kept: KeptModel, batcher: Batcher, limits: Limits, guard: Guard, device: str) -> FastAPI:
    """The application; `batcher` is closed when it ends, with all requests answered."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with suppress(asyncio.CancelledError):  # Ctrl-C for a second time waits for no answer
            yield
            await asyncio.to_thread(batcher.close)

    # the pages that show OpenAPI would fetch scripts from elsewhere
    app = FastAPI(title="finetune-bench", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)

    class Texts(BaseModel):
        """What is to be classified."""

        model_config = ConfigDict(extra="forbid")
        texts: list[Annotated[str, Field(max_length=limits.max_chars)]] = Field(
            min_length=1, max_length=limits.max_texts
        )

    may = [Depends(_allowed(guard))]
    describe = _describer(kept)

    @app.post("/predict", dependencies=may, response_model_exclude_none=True)
    async def predict(asked: Texts) -> Predictions:
        """Classify texts, as `bench predict` does."""
        if (empty := first_blank(asked.texts)) is not None:
            raise HTTPException(422, f"texts[{empty}] has nothing to read")
        try:
            found = await asyncio.wrap_future(batcher.ask(asked.texts))
        except Busy as error:
            raise HTTPException(503, "too many texts are waiting: try again later", {"Retry-After": "1"}) from error
        except Exception as error:
            if is_the_caller_s(error):
                raise HTTPException(422, str(error)) from error
            raise
        return Predictions(predictions=describe(found))

    @app.get("/health", dependencies=may)
    async def health() -> Health:
        """Whether the server answers, and what it serves."""
        method = None if kept.method is None else kept.method.name
        return Health(
            status="ok", model=kept.model.name, method=method, labels=list(kept.labels), device=device,
            waiting=batcher.waiting, memory_bytes=peak_process(), gpu_memory_bytes=reserved_device(),
        )  # fmt: skip

    _add_errors(app)
    app.add_middleware(BodyLimit, most=limits.max_body)
    app.add_middleware(CutOff)
    return app


def _describer(kept: KeptModel) -> Callable[[Any], list[Prediction]]:
    """From probabilities, shape (texts, labels), to answers."""
    rule = Rule.of(kept) if kept.kind == MULTI_LABEL else None

    def described(found: Any) -> list[Prediction]:
        if rule is None:
            return [Prediction(**asdict(prediction(row, kept.labels))) for row in found.tolist()]
        by_label = [dict(zip(kept.labels, row, strict=True)) for row in found.tolist()]
        return [
            Prediction(labels=names, probabilities=each)
            for names, each in zip(rule.names(found), by_label, strict=True)
        ]

    return described


def _allowed(guard: Guard) -> Callable[[Request], Awaitable[None]]:
    """A local address answers to whoever calls it by a local name; elsewhere a token is asked for."""

    async def check(request: Request) -> None:
        if guard.token is None:
            if not guard.knows(request.headers.getlist("host")):
                raise HTTPException(403, "the Host header is not this machine's")
            return
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.encode(), guard.token.encode()):
            raise HTTPException(401, "give Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})

    return check


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(AnyHTTPException)  # those of routing, too
    async def refused(_: Request, error: AnyHTTPException) -> JSONResponse:
        if error.status_code == BAD_REQUEST:  # no UTF-8, a number too long, nested too deeply
            return JSONResponse({"error": NO_JSON}, 422)
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": _invalid(error.errors()[0])}, 422)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": f"the model failed: {type(error).__name__}"}, 500)


def _invalid(problem: Mapping[str, Any]) -> str:
    """What is wrong with a request, in a line."""
    where = problem["loc"][1:]
    if problem["type"] == "json_invalid" or not where:
        return NO_JSON
    field = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in where)[1:]
    return f"{visible_line(field[:LONGEST_FIELD])}: {problem['msg']}"


class CutOff:
    """Says so to the callers of requests that the server cancels when it ends, which is no error of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 503 in place of what was cancelled, unless an answer has begun."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not begun:
                await JSONResponse({"error": "the server ended before it had an answer"}, 503)(scope, receive, send)


class BodyLimit:
    """Refuses a request of more than `most` bytes. A body is counted as it comes: its header may be missing, or lie."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body before the application does, which then has the same messages."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        is_too_long, more = length.isdecimal() and int(length) > self.most, True
        messages: list[Message] = []
        size = 0
        while more and not is_too_long:
            messages.append(message := await receive())
            size += len(message.get("body", b""))
            is_too_long, more = size > self.most, message.get("more_body", False)
        if is_too_long:
            refused = JSONResponse({"error": f"a request has at most {self.most:,} bytes"}, 413)
            await refused(scope, receive, send)
            return

        async def again() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, again, send)
