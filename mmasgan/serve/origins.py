"""Who asks, and from which page."""

import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from .limits import RefusedError

__all__ = ['Hosts', 'check_origin', 'client_of', 'is_loopback']

LOOPBACK = ('127.0.0.1', 'localhost', '::1')


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there.

    Args:
        host: Address or name where it listens.
    """
    return host in LOOPBACK or host.startswith('127.')


class Hosts:
    """Names that the server answers to.

    A web site can let a name of its own point at this server, and the
    browser then takes both for one site. So names are listed: those of this
    machine, and addresses, which no web site can have as its name.

    Args:
        host: Where the server listens.
        more: Further names, such as that of a proxy in front.
    """

    def __init__(self, host: str, more: Iterable[str] = ()) -> None:
        self.is_local = is_loopback(host)
        own = {*LOOPBACK, host}
        if not self.is_local:
            name = socket.gethostname()
            own |= {name, f'{name}.local', socket.getfqdn()}
        self.names = {name.lower() for name in (*own, *more)}

    def check(self, header: str) -> None:
        """Refuse what is not meant for this server.

        Args:
            header: The header Host.

        Raises:
            RefusedError: If it names another one.
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
            'this server does not have that name; start it with '
            '--allowed-host if it should',
        )


def _name(header: str) -> str:
    try:
        return (urlsplit(f'//{header}').hostname or '').lower()
    except ValueError:
        return ''


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse what the page of another site sends.

    Programs send neither header.

    Args:
        headers: Headers of the request, in lower case.

    Raises:
        RefusedError: If the request comes from another site.
    """
    origin = headers.get('origin')
    site = headers.get('sec-fetch-site', 'none')
    if site not in ('none', 'same-origin') or (
        origin is not None
        and _plain(origin.partition('://')[2])
        != _plain(headers.get('host', ''))
    ):
        raise RefusedError('another site may not send this', 403)


def _plain(netloc: str) -> str:
    return netloc.lower().removesuffix(':80').removesuffix(':443')


def client_of(address: str) -> str:
    """Return what stands for a client: its address, or its IPv6 network.

    Args:
        address: Address of the connection.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address or 'unknown'
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    # One household or server has at least that many.
    return str(ip_network((int(found), 64), strict=False))
