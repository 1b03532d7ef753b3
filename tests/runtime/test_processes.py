"""Where a server may listen, by name or by number."""

import resource
import socket

import pytest

from sandbox_registry.runtime.processes import AddressTaken, allow_many_files, require_free_address
from tests.support.ports import free_port


@pytest.mark.parametrize(("host", "expected"), [("localhost", {"127.0.0.1", "::1"}), ("127.0.0.1", {"127.0.0.1"})])
def test_a_host_is_listened_at_by_its_number(host: str, expected: set[str]) -> None:
    assert require_free_address(host, free_port()) in expected


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressTaken, match=f"Cannot listen at 127.0.0.1 port {port}: Address already in use"):
            require_free_address("127.0.0.1", port)


def test_as_many_files_may_be_open_as_the_service_manager_permits() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        allowed = allow_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (allowed, before[1])
        assert allowed == min(before[1], 65_536) > 512
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
