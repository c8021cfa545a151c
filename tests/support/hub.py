"""A hub for what is published: it takes repositories, branches and commits, and keeps the bytes that it was sent."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from socket import SHUT_RDWR
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

TOKEN = "hf_" + "a" * 32
CUT_AFTER = -1
OWNER = "me"
LFS = (".safetensors", ".onnx")


@dataclass
class Repository:
    """What lies in it, by branch and path."""

    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {".gitattributes": b""}})
    messages: list[str] = field(default_factory=list)

    @property
    def commit(self) -> str:
        """The newest."""
        return f"{len(self.messages):040x}"


@dataclass
class Hub:
    """The server, and what it was asked."""

    address: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    objects: dict[str, bytes] = field(default_factory=dict)
    """What came by LFS, by SHA-256."""
    refusals: dict[str, int] = field(default_factory=dict)
    """Statuses, by a part of the path; 0: the connection is cut, CUT_AFTER: once the hub has done it."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on this machine."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        path = urlsplit(self.path).path
        body = self._body()
        self.hub.asked.append(f"{method} {path}")
        for part, status in self.hub.refusals.items():
            if part in path:
                if status in (0, CUT_AFTER):
                    if status == CUT_AFTER:
                        self._do(method, path, body)
                    self.close_connection = True
                    self.connection.shutdown(SHUT_RDWR)
                    return
                self._send(status, {"error": "refused"})
                return
        is_lfs_object = method == "PUT"  # its address is signed
        if not is_lfs_object and self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._send(401, {"error": "Invalid credentials in Authorization header"})
            return
        self._send(*self._do(method, path, body))

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while length := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _send(self, status: int, content: Any) -> None:
        sent = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _do(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        hub, parts = self.hub, [unquote(part) for part in path.strip("/").split("/")]
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return _validated(json.loads(body)["content"])
        if method == "PUT" and parts[0] == "objects":
            assert hashlib.sha256(body).hexdigest() == parts[1]
            hub.objects[parts[1]] = body
            return 200, {}
        if path.endswith(".git/info/lfs/objects/batch"):
            return 200, {"transfer": "basic", "objects": [self._upload(each) for each in json.loads(body)["objects"]]}
        name = "/".join(parts[2:4])
        if parts[:2] != ["api", "models"] or name not in hub.repositories:
            return 404, {"error": "Repository not found"}
        return self._of_repository(name, parts[4:], body)

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        name = f"{asked.get('organization') or OWNER}/{asked['name']}"
        if name in self.hub.repositories:
            return 409, {"error": "You already created this model repo", "url": f"{self.hub.address}/{name}"}
        self.hub.repositories[name] = Repository(asked.get("visibility") == "private" or bool(asked.get("private")))
        return 200, {"url": f"{self.hub.address}/{name}", "name": name}

    def _upload(self, asked: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.hub.address}/objects/{asked['oid']}"
        return {"oid": asked["oid"], "size": asked["size"], "actions": {"upload": {"href": href}}}

    def _of_repository(self, name: str, what: list[str], body: bytes) -> tuple[int, Any]:
        repository = self.hub.repositories[name]
        if what[:1] in ([], ["revision"]):
            files = repository.branches[what[1] if what else "main"]
            siblings = [{"rfilename": path} for path in files]
            return 200, {"id": name, "private": repository.private, "siblings": siblings, "sha": repository.commit}
        branch = "/".join(what[1:])
        if what[0] == "branch":
            if branch in repository.branches:
                return 409, {"error": "Reference already exists"}
            repository.branches[branch] = dict(repository.branches["main"])
            return 200, {}
        if what[0] == "preupload":
            files = [each["path"] for each in json.loads(body)["files"]]
            modes = {path: "lfs" if PurePosixPath(path).suffix in LFS else "regular" for path in files}
            there = repository.branches[branch]
            return 200, {
                "files": [
                    {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": _oid(there.get(path), mode)}
                    for path, mode in modes.items()
                ]
            }
        assert what[0] == "commit"
        rows = [json.loads(row) for row in body.splitlines()]
        if rows[0]["value"].get("parentCommit", repository.commit) != repository.commit:
            return 412, {"error": "A commit has happened since. Please refresh and try again."}
        self._commit(repository, branch, rows)
        return 200, {
            "commitUrl": f"{self.hub.address}/{name}/commit/{repository.commit}",
            "commitOid": repository.commit,
        }

    def _commit(self, repository: Repository, branch: str, rows: list[dict[str, Any]]) -> None:
        files = repository.branches[branch]
        for row in rows:
            value = row["value"]
            if row["key"] == "header":
                repository.messages.append(value["summary"])
            elif row["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif row["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
            else:
                del files[value["path"]]


def _oid(content: bytes | None, mode: str) -> str | None:
    """What git, or LFS, calls the file that is there."""
    if content is None:
        return None
    if mode == "lfs":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def _validated(card: str) -> tuple[int, Any]:
    """As the hub looks at a card's header."""
    try:
        header = yaml.safe_load(card.replace("\r\n", "\n").split("---\n")[1])
    except yaml.YAMLError as error:
        return 400, {"errors": [{"message": str(error)}], "warnings": []}
    if not isinstance(header, dict) or "license" not in header:
        return 200, {"errors": [], "warnings": [{"message": "empty or missing yaml metadata"}]}
    return 200, {"errors": [], "warnings": []}
