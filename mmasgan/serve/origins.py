"""Checks of host names, origins and client addresses."""

import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from .limits import RefusedError

__all__ = ['Hosts', 'check_origin', 'client_of', 'is_loopback']

LOOPBACK = ('127.0.0.1', 'localhost', '::1')


def is_loopback(host: str) -> bool:
    """Return whether an address is only reachable from this machine."""
    return host in LOOPBACK or host.startswith('127.')


class Hosts:
    """Accepted host names.

    A web site can resolve its own name to the address of this server. A
    browser then treats both as one site (DNS rebinding). Therefore only the
    names of this machine and IP addresses are accepted. An IP address cannot
    be the name of a web site.
    """

    def __init__(self, host: str, more: Iterable[str] = ()) -> None:
        self.is_local = is_loopback(host)
        own = {*LOOPBACK, host}
        if not self.is_local:
            name = socket.gethostname()
            own |= {name, f'{name}.local', socket.getfqdn()}
        self.names = {name.lower() for name in (*own, *more)}

    def check(self, header: str) -> None:
        """Check that a request is for this server.

        Raises:
            RefusedError: If it is another host name.
        """
        name = _name(header)
        if name in self.names:
            return
        try:
            if not self.is_local and ip_address(name):
                return
        except ValueError:
            pass
        raise RefusedError(
            'this server does not accept that host name; the option '
            '--allowed-host adds it',
        )


def _name(header: str) -> str:
    try:
        return (urlsplit(f'//{header}').hostname or '').lower()
    except ValueError:
        return ''


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse requests that a page of another site sends.

    Programs send neither of the two headers.

    Raises:
        RefusedError: If the request is from another site.
    """
    origin = headers.get('origin')
    site = headers.get('sec-fetch-site', 'none')
    if site not in ('none', 'same-origin') or (
        origin is not None
        and _plain(origin.partition('://')[2])
        != _plain(headers.get('host', ''))
    ):
        raise RefusedError('requests from other sites are refused', 403)


def _plain(netloc: str) -> str:
    return netloc.lower().removesuffix(':80').removesuffix(':443')


def client_of(address: str) -> str:
    """Return the key of a client: its address, or its IPv6 network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address or 'unknown'
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    # A household or server usually has a network of this size.
    return str(ip_network((int(found), 64), strict=False))
