"""Webhooks without a network: which addresses are public, how a body is signed, which names an endpoint may ask for."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import UUID

import pytest

from sandbox_registry.domain.integrations.addresses import is_public
from sandbox_registry.domain.integrations.webhooks import (
    asked_wait,
    endpoint_errors,
    names_for,
    signature_headers,
    wait_after,
    written_secret,
)

KNOWN = ("*", "permit.issued")
INSIDE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1
2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 2400::5efe:7f00:1 2400::200:5efe:a00:1 5f00::1
fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
OUTSIDE = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 113.160.92.202 126.255.255.255 128.0.0.1
172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2400:cb00::1 2606:4700:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_address_outside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_signature_of_the_published_example() -> None:
    # The example that the Standard Webhooks libraries test themselves with.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + b'{"test": 2432232314}'
    computed = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert computed == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_secret_signs() -> None:
    event, at = UUID(int=7), datetime(2026, 11, 20, 7, tzinfo=UTC)
    headers = signature_headers(b"{}", event_id=event, at=at, secrets=[b"new" * 8, b"old" * 8])
    signed = f"{event}.1795158000.{{}}".encode()
    both = [base64.b64encode(hmac.new(key * 8, signed, hashlib.sha256).digest()).decode() for key in (b"new", b"old")]
    assert headers == {
        "webhook-id": str(event),
        "webhook-timestamp": "1795158000",
        "webhook-signature": f"v1,{both[0]} v1,{both[1]}",
    }
    assert written_secret(b"\x00" * 24) == "whsec_" + "A" * 32


def test_waits_grow_and_are_spread() -> None:
    assert [wait_after(number, chance=0.5) for number in (1, 2, 3)] == [
        timedelta(seconds=10),
        timedelta(seconds=40),
        timedelta(seconds=160),
    ]
    assert (wait_after(1, chance=0), wait_after(1, chance=1)) == (timedelta(seconds=7.5), timedelta(seconds=12.5))


def test_event_is_asked_for_by_its_name_its_group_or_with_all() -> None:
    assert names_for("application.accepted") == ("application.accepted", "application.*", "*")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com:25/",
        "https://example.com:99999/",
        "https://localhost/",
        "https://sandbox.localhost/",
        "https://db.internal/",
        "https://printer.local/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://2130706433/",
        "https://127.1/",
        "https://127.0.1./",
        "https://0x7f.1/",
        "https://0x7f.0.0.0x1/",
        "https://017700000001.0/",
        "https://1.2.3.4.5/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://-a.example/",
        "https://a-.example/",
        "https://a..example/",
        "https://" + "a" * 64 + ".example/",
        "https://tôm.example/",
        "https://example.com/a b",
        "ftp://example.com/",
        "https:///nothing",
        "nothing",
        "",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_address_that_is_no_endpoint(url: str) -> None:
    assert [each.code for each in endpoint_errors(url=url, events=["*"], known=KNOWN, to_loopback=False)] == [
        "wrong_url"
    ]


def test_endpoint_names_known_events() -> None:
    assert endpoint_errors(url="https://example.com:8443/hook", events=["*"], known=KNOWN, to_loopback=False) == ()
    for host in ("EXAMPLE.com", "example.com.", "xn--tm-fka.vn", "3com.vn", "a_b.example", "8.8.8.8", "[2606:4700::1]"):
        assert endpoint_errors(url=f"https://{host}/", events=["*"], known=KNOWN, to_loopback=False) == (), host
    assert (
        endpoint_errors(url="http://127.0.0.1:8080/hook", events=["permit.issued"], known=KNOWN, to_loopback=True) == ()
    )
    for events in (["application.draft"], [], ["*", "khac"]):
        found = endpoint_errors(url="https://example.com/", events=events, known=KNOWN, to_loopback=False)
        assert [each.code for each in found] == ["unknown_event"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("999999999", 86_400),
        ("Fri, 20 Nov 2026 07:05:00 GMT", 300),
        ("Fri, 20 Nov 2026 07:05:00 -0000", 300),
        ("Fri, 20 Nov 2026 06:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 06:00:00 GMT", 86_400),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, None),
        ("Fri, 20 Nov 2026 07:05:00 +2500", None),
    ],
)
def test_a_busy_receiver_may_ask_for_a_day_at_most(said: str, seconds: int | None) -> None:
    at = datetime(2026, 11, 20, 7, tzinfo=UTC)
    assert asked_wait(said, at=at) == (None if seconds is None else timedelta(seconds=seconds))
