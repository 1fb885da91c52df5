import pytest

from mmasgan.serve.limits import RefusedError
from mmasgan.serve.origins import Hosts, check_origin, client_of, is_loopback


@pytest.mark.parametrize(
    ('header', 'local', 'network'),
    [
        ('localhost:7860', True, True),
        ('LOCALHOST', True, True),
        ('192.168.1.5:7860', False, True),
        ('[2001:db8::1]:7860', False, True),
        ('deblur.example', True, True),  # allowed
        ('evil.example', False, False),
        ('192.168.1.5.evil.example', False, False),
        ('evil.example:80@localhost', True, True),  # no name of a site
        ('', False, False),
        ('[', False, False),
    ],
)
def test_hosts(header, local, network):
    for host, expected in (('127.0.0.1', local), ('0.0.0.0', network)):
        hosts = Hosts(host, ['deblur.example'])
        if expected:
            hosts.check(header)
        else:
            with pytest.raises(RefusedError, match='--allowed-host'):
                hosts.check(header)


@pytest.mark.parametrize(
    ('headers', 'may'),
    [
        ({}, True),
        ({'origin': 'http://a:7860'}, True),
        ({'origin': 'http://A:7860', 'sec-fetch-site': 'same-origin'}, True),
        ({'origin': 'http://a'}, False),
        ({'origin': 'http://b:7860'}, False),
        ({'origin': 'null'}, False),
        ({'origin': ''}, False),
        ({'origin': 'http://['}, False),
        ({'origin': 'http://a:7860/x'}, False),
        ({'sec-fetch-site': 'cross-site'}, False),
        ({'sec-fetch-site': 'same-site'}, False),
        ({'sec-fetch-site': 'cross-site, none'}, False),
        ({'origin': 'http://b, http://a:7860'}, False),
    ],
)
def test_origins(headers, may):
    headers['host'] = 'a:7860'
    if may:
        check_origin(headers)
    else:
        with pytest.raises(RefusedError, match='other sites'):
            check_origin(headers)


def test_default_ports_are_the_same():
    check_origin({'origin': 'https://a', 'host': 'a:443'})


@pytest.mark.parametrize(
    ('address', 'client'),
    [
        ('10.0.0.1', '10.0.0.1'),
        ('::ffff:10.0.0.1', '10.0.0.1'),
        ('2001:db8:1:2:3::4', '2001:db8:1:2::/64'),
        ('', 'unknown'),
        ('pipe', 'pipe'),
    ],
)
def test_clients(address, client):
    assert client_of(address) == client


@pytest.mark.parametrize(
    ('host', 'expected'),
    [
        ('127.0.0.1', True),
        ('127.1.2.3', True),
        ('localhost', True),
        ('::1', True),
        ('0.0.0.0', False),
        ('::', False),
        ('example.org', False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected
