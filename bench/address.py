"""Where the page is served: on which address and port, and who may ask for it."""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.errors import UserError, said

LOCAL = "127.0.0.1"
PORT = 8421
PORTS = 100
"""How many are tried, from `PORT` on, where none is asked for."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine."""

    host: str
    """As it was asked for."""
    family: socket.AddressFamily
    ip: str

    @property
    def is_local(self) -> bool:
        """Whether this machine alone can reach it."""
        return ipaddress.ip_address(self.ip.partition("%")[0]).is_loopback

    @property
    def called(self) -> str:
        """What stands for it in a link."""
        name = socket.gethostname() if ipaddress.ip_address(self.ip.partition("%")[0]).is_unspecified else self.host
        return f"[{name}]" if ":" in name else name


def address_of(host: str) -> Address:
    """The address of this machine that `host` names. Raises UserError."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UserError(f"--host {host}: {said(error)}") from error
    family, _, _, _, place = found[0]
    return Address(host, family, str(place[0]))


def ports(asked: int | None) -> Iterator[int]:
    """The ports to try, in their order: one that is asked for is the only one."""
    yield from (asked,) if asked is not None else range(PORT, PORT + PORTS)


def refused_port(asked: int | None, address: Address, error: OSError) -> UserError:
    """What is said where nothing can listen on the port that is asked for, or on any of `ports`."""
    tried = f"{PORT} to {PORT + PORTS - 1}" if asked is None else asked
    return UserError(f"--port {tried} on {address.host}: {said(error)}; give another one")


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may read: on a local address whoever names it in the address bar, elsewhere whoever knows the token.

    A local server is reached by any page that the browser shows, under any name that its author lets lead to 127.0.0.1
    ("DNS rebinding"); so the name that was asked for has to be this machine's. A token needs no such check.
    """

    token: str | None

    @classmethod
    def of(cls, address: Address) -> "Guard":
        """The guard of an address; where others can reach it, with a token that nobody has yet."""
        return cls(None if address.is_local else secrets.token_urlsafe())

    @property
    def prefix(self) -> str:
        """What every path begins with."""
        return "/" if self.token is None else f"/{self.token}/"

    def knows(self, hosts: Sequence[str]) -> bool:
        """Whether a request with these Host headers may be answered."""
        return self.token is not None or (len(hosts) == 1 and _is_local(hosts[0]))

    def path(self, path: str) -> str | None:
        """What stands behind the token; None where there is another one, or none."""
        if self.token is None:
            return path[1:]
        given, _, rest = path[1:].partition("/")
        return rest if hmac.compare_digest(given.encode(), self.token.encode()) else None


def _is_local(host: str) -> bool:
    """Whether a Host header names this machine and could be no one else's, whatever its port: a tunnel has another."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
