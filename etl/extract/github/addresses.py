"""Checks the URLs of downloads, and the addresses that their host names resolve to."""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Self

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from etl.errors import DataError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Addresses that no host of the internet has, and that `is_global` lets pass in some versions of Python: protocol
# assignments, where Oracle's cloud answers machines about themselves; the relay of 6to4; documentation. And one
# of the internet's by which Azure answers its machines.
# Source: IANA's special-purpose address registries; the clouds' documentation of their metadata services.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed besides https to public addresses: hosts by name, and plain http on loopback."""

    hosts: frozenset[str]
    plain: bool
    setting: str = "github.download_hosts"

    @classmethod
    def of(cls, api_url: str, hosts: Collection[str] = (), setting: str = "github.download_hosts") -> Self:
        """The API's own host and `hosts`, which the `setting` names, may have any address."""
        api = URL(api_url)
        names = frozenset(_normal(name) for name in (api.host or "", *hosts))
        return cls(names, api.scheme == "http" and _normal(api.host or "") in _LOOPBACK, setting)

    def check(self, url: URL) -> None:
        """Check a URL without resolving its host; raises DataError, which shows only the host, if it is refused."""
        host = _normal(url.raw_host or "")
        if url.scheme != "https" and not (url.scheme == "http" and self.plain and host in _LOOPBACK):
            raise DataError(
                f"the download leads to {url.scheme[:20] or 'no scheme'!r}, not https: not followed"
            )
        if not host or url.raw_user is not None or url.raw_password is not None:
            raise DataError("the download leads to a URL without a host, or with a user: not followed")
        literal = _literal(host)
        if literal is None and not any(sign.isalpha() for sign in host):
            # Systems read 127.1 and 0177.0.0.1 as addresses, too.
            raise DataError(f"the download leads to {host[:100]!r}, which is no name: not followed")
        if literal is not None and not self.allows(host, host):
            raise DataError(self.refusal(host))

    def allows(self, host: str, address: str) -> bool:
        """Whether the host may be reached at an address that it resolved to."""
        host, found = _normal(host), _literal(address)
        if found is None:
            return False
        if host in _LOOPBACK:
            return found.is_loopback and (self.plain or host in self.hosts)
        return host in self.hosts or is_public(found)

    def refusal(self, host: str) -> str:
        """Why a host that is not allowed is not asked."""
        return (
            f"the download leads to {host[:100]!r}, which is no public address: not followed. "
            f"If that is right, name the host in {self.setting}"
        )


class CheckedResolver(AbstractResolver):
    """Resolves names for one connection, and returns only allowed addresses.

    The connection uses the checked addresses, so a name that resolves differently next time (DNS rebinding)
    gains nothing.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses of a name; raises DataError if it has only others."""
        found = await self._resolver.resolve(host, port, family)
        allowed = [item for item in found if self._policy.allows(host, item["host"])]
        if found and not allowed:
            raise DataError(self._policy.refusal(host))
        return allowed

    async def close(self) -> None:
        """Nothing is kept open."""
        await self._resolver.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is public, and so is an IPv4 address embedded in it."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST:
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _normal(host: str) -> str:
    return host.lower().rstrip(".")
