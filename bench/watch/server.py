"""The web server of `bench watch`: reads files of one report's folder and says how far its sweep is, nothing else."""

import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from bench.address import Address, Guard, ports, refused_port
from bench.errors import UserError, said
from bench.report.stamp import PAGE
from bench.results.regular import read_regular
from bench.watch.files import NotServed, file_of
from bench.watch.page import waiting, with_strip
from bench.watch.watcher import Watcher, version

STATUS = "status.json"
TEXT = "text/plain; charset=utf-8"
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer."""
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""The policy of all that is not the page: a picture in a window of its own runs nothing."""


class Server(ThreadingHTTPServer):
    """Serves one report."""

    def __init__(self, address: Address, port: int, watcher: Watcher) -> None:
        """Raises OSError where the port is taken."""
        self.address_family = address.family
        self.watcher, self.guard, self._address = watcher, Guard.of(address), address
        super().__init__((address.ip, port), Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's look-up of this machine's name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self._address.called, int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where a browser finds the page, the token with it."""
        return f"http://{self._address.called}:{self.server_port}{self.guard.prefix}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def listen(address: Address, port: int | None, watcher: Watcher) -> Server:
    """A server on `port`, or on the first one that is free. Raises UserError where there is none."""
    problem: OSError | None = None
    for number in ports(port):
        try:
            return Server(address, number, watcher)
        except OSError as error:
            problem = error
        except OverflowError as error:
            raise UserError(f"--port {number} must be from 0 to 65535") from error
    assert problem is not None
    raise refused_port(port, address, problem) from problem


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    server: Server
    protocol_version = "HTTP/1.1"
    error_content_type, error_message_format = TEXT, "%(message)s\n"
    server_version = "bench"
    sys_version = ""
    timeout = 60
    """Seconds without a request after which a connection is closed."""

    def do_GET(self) -> None:
        """Answer with the page, how far the sweep is, or a file."""
        if not self.server.guard.knows(self.headers.get_all("Host", [])):
            return self._refuse(HTTPStatus.FORBIDDEN, "this server is asked for as localhost or 127.0.0.1 only")
        path = self.server.guard.path(urlsplit(self.path).path)
        if path is None:
            return self._refuse(HTTPStatus.FORBIDDEN, "the address that `bench watch` has printed is needed, all of it")
        if path in ("", PAGE):
            return self._page()
        if path == STATUS:
            return self._send(HTTPStatus.OK, self.server.watcher.status(), "application/json")
        try:
            content, kind = file_of(self.server.watcher.folder, path)
        except NotServed:
            return self._refuse(HTTPStatus.NOT_FOUND, "there is no such file in this report")
        return self._send(HTTPStatus.OK, content, kind)

    def do_HEAD(self) -> None:
        """The same without its content."""
        self.do_GET()

    def parse_request(self) -> bool:
        """Read what is asked; nothing but reading is answered."""
        if not super().parse_request():
            return False
        if self.command in ("GET", "HEAD"):
            return True
        self.close_connection = True  # what it sends stays unread
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD only", Allow="GET, HEAD", Connection="close")
        return False

    def end_headers(self) -> None:
        """With the headers of every answer."""
        for name, value in ALWAYS.items():
            self.send_header(name, value)
        super().end_headers()

    def _page(self) -> None:
        page = self.server.watcher.page
        found = version(page)  # before it is read: a page that is drawn meanwhile is shown once more
        try:
            html = read_regular(page).decode() if found is not None else waiting(self.server.watcher.title)
            html, policy = with_strip(html, found)
        except (OSError, ValueError) as error:
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"{page} cannot be shown: {said(error)}")
        return self._send(HTTPStatus.OK, html.encode(), "text/html; charset=utf-8", policy)

    def _refuse(self, status: HTTPStatus, why: str, **headers: str) -> None:
        self._send(status, f"{why}\n".encode(), TEXT, **headers)

    def _send(self, status: HTTPStatus, content: bytes, kind: str, policy: str = NO_SCRIPTS, **headers: str) -> None:
        self.send_response(status)
        sent = {"Content-Type": kind, "Content-Length": str(len(content)), "Content-Security-Policy": policy}
        for name, value in {**sent, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a page asks every few seconds."""
