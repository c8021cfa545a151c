"""A hub on this machine: models and data sets of a folder, by the few addresses that downloads ask for."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 5_000
"""Bytes from which on a file is large (LFS): its hash is a SHA-256, not git's."""


@dataclass
class Hub:
    """What it serves, and what it was asked."""

    folder: Path
    """With models/OWNER/NAME and datasets/OWNER/NAME."""
    address: str = ""
    sent: list[str] = field(default_factory=list)
    """Files that were downloaded, below `folder`."""
    gated: set[str] = field(default_factory=set)

    def described(self, kind: str, hub_id: str) -> dict[str, Any] | None:
        root = self.folder / kind / hub_id
        if not root.is_dir():
            return None
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        siblings = [{"rfilename": path.relative_to(root).as_posix(), **sizes(path)} for path in files]
        return {"id": hub_id, "sha": COMMIT, "gated": hub_id in self.gated and "auto", "siblings": siblings}


def sizes(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    lfs = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 1}
    return {"size": len(content), "blobId": blob, **({"lfs": lfs} if len(content) >= LARGE else {})}


@contextmanager
def serving(folder: Path) -> Iterator[Hub]:
    """The hub of a folder, while it is asked."""
    hub = Hub(folder)

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if found := re.match(r"/api/(models|datasets)/([^/]+/[^/?]+)(/revision/|[?]|$)", self.path):
                described = hub.described(found[1], found[2])
                code = 404 if described is None else 200
                self._answer(code, json.dumps(described).encode(), {"Content-Type": "application/json"})
                return
            found = re.match(r"/(datasets/)?([^/]+/[^/]+)/resolve/[^/]+/([^?]+)", self.path)
            path = hub.folder / (found[1] or "models/") / found[2] / found[3] if found else Path("none")
            if not path.is_file():
                self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            about = sizes(path)
            etag = about["lfs"]["sha256"] if "lfs" in about else about["blobId"]
            if self.command == "GET":
                hub.sent.append(path.relative_to(hub.folder).as_posix())
            self._answer(200, path.read_bytes(), {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})

        do_HEAD = do_GET  # noqa: N815

        def _answer(self, code: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
