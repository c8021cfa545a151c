"""The report's page as it is served: with a strip on top that says how far the sweep is. The file stays as it is."""

import base64
import hashlib
import re
from html import escape, unescape
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(">)')
FIRST = "<header>"
"""The first element of a page that a reader sees; the strip stands before it."""
WAITING = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body {{ font: 1rem/1.55 system-ui, sans-serif; margin: 0 auto; padding: 0 1.25rem; max-width: 82rem; }}</style>
</head>
<body>
<header><h1>{title}</h1></header>
<main><p>The report is being drawn for the first time; this page shows it when it is there.</p></main>
</body>
</html>
"""


def with_strip(html: str, version: str | None) -> tuple[str, str]:
    """A page with the strip, and the policy that it is served with: its own, which allows the strip's script and
    requests to this server beside.

    `version` is the file's, by which the browser knows that another one is there. Raises ValueError where `html` is no
    page of a report.
    """
    script = _read("strip.js")
    policy = POLICY.search(html)
    body = html.find("<body>")
    place = html.find(FIRST, body)
    if policy is None or body < 0 or place < 0:
        raise ValueError("it is no page of a report")
    allowed = _allowing(unescape(policy[2]), script)
    strip = _read("strip.html").replace("VERSION", escape(version or ""))
    parts = (
        html[: policy.start()],
        f"{policy[1]}{escape(allowed)}{policy[3]}",
        html[policy.end() : place],
        f"<style>{_read('strip.css')}</style>\n{strip}<script>{script}</script>\n",
        html[place:],
    )
    return "".join(parts), f"{allowed}; frame-ancestors 'none'"


def waiting(title: str) -> str:
    """The page of a report that was never drawn."""
    return WAITING.format(title=escape(title))


def _allowing(policy: str, script: str) -> str:
    """A Content-Security-Policy that allows this script and requests to the page's own server, too."""
    found = (part.strip().partition(" ") for part in policy.split(";") if part.strip())
    rules = {name: values.split() for name, _, values in found}
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules["script-src"] = [*rules.get("script-src", ()), f"'sha256-{digest}'"]
    rules["connect-src"] = ["'self'"]
    return "; ".join(" ".join((name, *values)) for name, values in rules.items())


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")
