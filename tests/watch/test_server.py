"""What a browser gets, and what nobody gets: real requests to a real server."""

import http.client
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import address as addresses
from bench.address import LOCAL, address_of
from bench.errors import UserError
from bench.watch.server import Server, listen
from bench.watch.study import Study
from tests.watch.conftest import DONE, begun, report_of, served, watched, words_in

META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
HEADER = "Content-Security-Policy"


@dataclass(frozen=True)
class Shown:
    """A report's folder, and the server that shows it."""

    server: Server
    report: Path


@contextmanager
def showing(folder: Path) -> Iterator[Shown]:
    """A study in `folder`, its report, and a server of it."""
    study = begun(words_in(folder), folder)
    report = report_of(study, folder)
    with watched(study) as watcher, served(watcher) as server:
        yield Shown(server, report)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """For tests that change nothing."""
    with showing(tmp_path_factory.mktemp("shown")) as shown:
        yield shown


@pytest.fixture(scope="module")
def server(shown: Shown) -> Server:
    return shown.server


@pytest.fixture(scope="module")
def report(shown: Shown) -> Path:
    return shown.report


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Shown]:
    """For one test, which may change it."""
    with showing(tmp_path) as shown:
        yield shown


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of a report with files, links and folders in it that are not its own; all have a secret in them."""
    with showing(tmp_path_factory.mktemp("planted")) as shown:
        report = shown.report
        (report.parent / "secret.csv").write_text("secret")
        (report / "link.csv").symlink_to(report.parent / "secret.csv")
        (report / ".stamp.json").write_text("secret")
        (report / "hidden.csv").symlink_to(report / ".stamp.json")
        (report / "linked").symlink_to(report.parent)
        (report / "deep").mkdir()
        (report / "folder.csv").mkdir()
        for name in ("own.html", "own.txt", "own", ".grid.json", "tables/.hidden.csv", "deep/results.csv"):
            (report / name).write_text("secret")
        os.mkfifo(report / "pipe.csv")
        yield shown.server


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content of an answer; `path` goes out as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def rules(policy: str) -> dict[str, list[str]]:
    parts = (part.split() for part in policy.replace("&#39;", "'").replace("&#x27;", "'").split(";"))
    return {name: values for name, *values in parts}


def test_the_page_has_the_strip_and_its_own_policy(server: Server, report: Path) -> None:
    before = (report / "index.html").read_text()
    status, headers, content = ask(server, "/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    page = content.decode()
    assert page.count('<aside id="watch"') == 1
    assert (report / "index.html").read_text() == before, "the file stays as it is"
    own, meta, sent = (rules(found) for found in (META.findall(before)[0], META.findall(page)[0], headers[HEADER]))
    assert sent.pop("frame-ancestors") == ["'none'"]
    assert sent == meta
    assert sent.pop("connect-src") == ["'self'"]
    assert set(own["script-src"]) < set(sent["script-src"])
    assert len(sent["script-src"]) == len(own["script-src"]) + 1, "the strip's alone is allowed beside them"
    assert {**sent, "script-src": own["script-src"]} == own
    assert ask(server, "/index.html")[2] == content


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("results.csv", "text/csv; charset=utf-8"),
        ("index.md", "text/markdown; charset=utf-8"),
        ("report.json", "application/json"),
        ("heatmap_accuracy.png", "image/png"),
        ("heatmap_accuracy.svg", "image/svg+xml"),
        ("tables/best_rows.tex", "text/plain; charset=utf-8"),
        ("tables/best%5Frows.csv?x=1", "text/csv; charset=utf-8"),
    ],
)
def test_files_of_the_report(server: Server, report: Path, path: str, kind: str) -> None:
    status, headers, content = ask(server, f"/{path}")
    assert (status, headers["Content-Type"]) == (200, kind)
    assert content == (report / path.replace("%5F", "_").partition("?")[0]).read_bytes()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert rules(headers[HEADER])["default-src"] == ["'none'"]
    assert "script-src" not in rules(headers[HEADER])
    status, only_headers, nothing = ask(server, f"/{path}", "HEAD")
    assert (status, nothing) == (200, b"")
    assert only_headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.csv", "/%2e%2e/secret.csv", "/..%2fsecret.csv", "/tables/../../secret.csv"),
        *("/tables/../results.csv", "/tables/..%2f..%2fsecret.csv", "//etc/passwd", "/%2fetc%2fpasswd"),
        *("/etc/passwd", "/..", "/.", "/tables/"),
        *("/.stamp.json", "/.grid.json", "/.answers.parquet", "/tables/.hidden.csv", "/.new-1/results.csv"),
        *("/own.html", "/own.txt", "/own", "/deep/results.csv", "/results.csv/", "/results.csv%00", "/nothing.csv"),
        *("/link.csv", "/hidden.csv", "/linked/secret.csv", "/pipe.csv", "/folder.csv"),
        *("/%ff.csv", "/" + "x" * 300 + ".csv"),
    ],
)  # fmt: skip
def test_nothing_else(planted: Server, path: str) -> None:
    status, _, content = ask(planted, path)
    assert status == 404
    assert b"secret" not in content


def test_a_folder_of_tables_that_is_a_link_is_not_served(own: Shown) -> None:
    assert ask(own.server, "/tables/best_rows.csv")[0] == 200
    (own.report / "tables").rename(own.report.parent / "elsewhere")
    (own.report / "tables").symlink_to(own.report.parent / "elsewhere")
    assert ask(own.server, "/tables/best_rows.csv")[0] == 404


def test_the_answer_to_head_has_no_content(server: Server, report: Path) -> None:
    """On a connection that stays the next answer begins where the content would be."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    for method, content in (("HEAD", b""), ("GET", (report / "results.csv").read_bytes())):
        connection.request(method, "/results.csv")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, content)
    connection.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "MADE_UP"])
def test_only_reading(server: Server, report: Path, method: str) -> None:
    before = sorted(report.rglob("*"))
    status, headers, _ = ask(server, "/results.csv", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert sorted(report.rglob("*")) == before


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((name, 200) for name in ("localhost", "localhost:9000", "127.0.0.1:1", "[::1]:8421", "LOCALHOST")),
        *((name, 403) for name in ("evil.example", "127.0.0.1.evil.example:80", "", "[", "a@b")),
        ("192.168.1.1", 403),
    ],
)  # fmt: skip
def test_other_names_of_this_machine_are_not_answered(server: Server, host: str, status: int) -> None:
    """A page of another site whose name leads to 127.0.0.1 ("DNS rebinding") could read everything else."""
    for path in ("/", "/status.json", "/results.csv"):
        assert ask(server, path, Host=host)[0] == status


def test_a_request_without_a_name_is_not_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(b"GET /results.csv HTTP/1.0\r\n\r\n")
        assert b" 403 " in connection.recv(100)


def test_elsewhere_than_here_a_token_is_needed(study: Study, tmp_path: Path) -> None:
    report_of(study, tmp_path)
    with watched(study) as watcher, served(watcher, "0.0.0.0") as server, served(watcher, "0.0.0.0") as other:
        token = server.guard.token
        assert token is not None
        assert len(token) >= 40
        assert token != other.guard.token
        assert server.url == f"http://{socket.gethostname()}:{server.server_port}/{token}/"
        wrong = ("", f"{other.guard.token}/", f"{token[:-1]}/", f"{token}x/", "%s/", "%C3%A9/")
        for path in ("", "index.html", "status.json", "results.csv"):
            for start in wrong:
                status, _, content = ask(server, f"/{start}{path}")
                assert status == 403
                assert token.encode() not in content
            assert ask(server, f"/{token}/{path}", Host="any.example")[0] == 200
        assert ask(server, f"/{token}/.stamp.json")[0] == 404
    with served(watcher) as here:
        assert here.guard.token is None


def test_how_far_the_sweep_is(server: Server) -> None:
    status, headers, content = ask(server, "/status.json")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/json", "no-store")
    said = json.loads(content)
    assert (said["title"], said["cells"], said["done"], said["left"]) == ("mine", 8, DONE, 8 - DONE)


def test_a_page_that_is_none_is_said(own: Shown) -> None:
    (own.report / "index.html").write_text("<p>mine</p>")
    status, _, content = ask(own.server, "/")
    assert status == 500
    assert b"no page of a report" in content


def test_a_report_that_was_never_drawn_is_waited_for(study: Study) -> None:
    with watched(study) as watcher, served(watcher) as server:
        status, headers, content = ask(server, "/")
    assert status == 200
    assert b'<aside id="watch"' in content
    assert b"<h1>mine</h1>" in content
    assert rules(headers[HEADER])["connect-src"] == ["'self'"]


def test_a_port_that_is_taken(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    here = address_of(LOCAL)
    with watched(study) as watcher, listen(here, 0, watcher) as first:
        monkeypatch.setattr(addresses, "PORT", first.server_port)
        with listen(here, None, watcher) as second:
            assert first.server_port < second.server_port < first.server_port + addresses.PORTS
        with pytest.raises(UserError, match=f"--port {first.server_port} on 127.0.0.1: .*in use"):
            listen(here, first.server_port, watcher)


def test_an_address_that_is_not_of_this_machine() -> None:
    with pytest.raises(UserError, match=r"--host nowhere\.invalid"):
        address_of("nowhere.invalid")
    assert address_of("localhost").is_local
    assert not address_of("0.0.0.0").is_local
