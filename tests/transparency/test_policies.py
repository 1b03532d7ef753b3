"""Witness policies are read strictly and evaluated as C2SP tlog-policy says."""

from dataclasses import replace
from itertools import chain, combinations

import pytest

from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.cosignatures import Cosignature, add_signatures, cosign
from sandbox_registry.transparency.errors import InvalidSignature, PolicyError, PolicyNotMet, UnverifiedNote
from sandbox_registry.transparency.keys import KeyType, SigningKey, format_vkey
from sandbox_registry.transparency.merkle import EMPTY_ROOT
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.policies import (
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    WitnessPolicy,
    accept_checkpoint,
)
from sandbox_registry.transparency.policy_files import parse_policy
from tests.support.transparency import format_policy

LOG = SigningKey(name="sandbox.example/log", seed=b"\x01" * 32)
WITNESSES = {
    name: SigningKey(name=f"{name}.example", key_type=KeyType.COSIGNATURE_V1, seed=name.encode() * 16)
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
}
VKEYS = {name: format_vkey(key.verifier_key) for name, key in WITNESSES.items()}
LOG_VKEY = format_vkey(LOG.verifier_key)
WITNESS_LINES = "".join(f"witness {name} {vkey}\n" for name, vkey in VKEYS.items())
SPECIFICATION_EXAMPLE = f"""# The example of the specification, with keys.
log {LOG_VKEY}

{WITNESS_LINES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".encode()
CHECKPOINT = Checkpoint(origin=LOG.name, size=7, root=EMPTY_ROOT)
NOW = 1_700_000_000


def cosigned(*names: str) -> bytes:
    signatures = [cosign(CHECKPOINT.text, key=WITNESSES[name], timestamp=NOW) for name in names]
    return format_note(add_signatures(parse_note(sign_checkpoint(CHECKPOINT, key=LOG)), signatures=signatures))


def test_parse_specification_example() -> None:
    assert parse_policy(SPECIFICATION_EXAMPLE) == WitnessPolicy(
        logs=(PolicyLog(key=LOG.verifier_key),),
        witnesses=tuple(PolicyWitness(name=n.encode(), key=key.verifier_key) for n, key in WITNESSES.items()),
        groups=(
            PolicyGroup(name=b"X-witnesses", threshold=2, members=(b"X1", b"X2", b"X3")),
            PolicyGroup(name=b"Y-witnesses", threshold=1, members=(b"Y1", b"Y2", b"Y3")),
            PolicyGroup(name=b"X-and-Y", threshold=2, members=(b"X-witnesses", b"Y-witnesses")),
        ),
        quorum=b"X-and-Y",
    )


@pytest.mark.parametrize(
    "names", list(chain.from_iterable(combinations(WITNESSES, count) for count in range(7))), ids="-".join
)
def test_specification_example_every_set_of_witnesses(names: tuple[str, ...]) -> None:
    policy = parse_policy(SPECIFICATION_EXAMPLE)
    enough = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
    assert policy.is_met_by([WITNESSES[name].verifier_key for name in names]) is enough


def test_policy_with_every_liberty_the_syntax_allows() -> None:
    text = (
        b"\t # comment \xff\n \t\nquorum none \n"
        + f"\tlog\t {LOG_VKEY} https://sổ.example/ \n witness all {VKEYS['X1']}  http://x\n".encode()
        + f"witness \u1ed5\u212a {VKEYS['X2']}\ngroup any all all\ngroup \xe9 01 any\n".encode().replace(
            b" 01 ", b" 1 "
        )
    )
    policy = parse_policy(text)
    assert (policy.quorum, policy.logs[0].url, policy.witnesses[0].url) == (None, "https://sổ.example/", "http://x")
    assert [group.members for group in policy.groups] == [(b"all",), (b"any",)]
    assert parse_policy(format_policy(policy)) == policy


def test_policy_name_of_opaque_octets() -> None:
    policy = parse_policy(f"witness NAME {VKEYS['X1']}\nquorum NAME\n".encode().replace(b"NAME", b"\xff\xfe"))
    assert (policy.quorum, policy.is_met_by([WITNESSES["X1"].verifier_key])) == (b"\xff\xfe", True)


def test_policy_round_trip() -> None:
    policy = parse_policy(SPECIFICATION_EXAMPLE)
    assert parse_policy(format_policy(policy)) == policy


def test_quorum_of_a_single_witness() -> None:
    policy = parse_policy(f"{WITNESS_LINES}quorum Y2\n".encode())
    assert [n for n, key in WITNESSES.items() if policy.is_met_by([key.verifier_key])] == ["Y2"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum\n",
        "quorum none none\n",
        "quorum X1\n" + WITNESS_LINES,
        "quorum X9\n",
        "Quorum none\n",
        "nonsense\nquorum none\n",
        "quorum none # no comments after words\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
        "\x00quorum none\n",
        "quorum none\x7f\n",
        f"log\nquorum none\n{LOG_VKEY}",
        "log\nquorum none\n",
        "log notakey\nquorum none\n",
        f"log {LOG_VKEY} url more\nquorum none\n",
        f"log {LOG_VKEY}\nlog {LOG_VKEY}\nquorum none\n",
        f"log {VKEYS['X1']}\nquorum none\n",
        f"log {format_vkey(replace(LOG.verifier_key, name='renamed'))}\nlog {LOG_VKEY}\nquorum none\n",
        f"witness X1 {LOG_VKEY}\nquorum none\n",
        f"witness {VKEYS['X1']}\nquorum none\n",
        f"witness none {VKEYS['X1']}\nquorum none\n",
        f"witness X1 {VKEYS['X1']} url more\nquorum none\n",
        f"witness X1 {VKEYS['X1']}\nwitness X1 {VKEYS['X2']}\nquorum none\n",
        f"witness X1 {VKEYS['X1']}\nwitness X2 {VKEYS['X1']}\nquorum none\n",
        WITNESS_LINES + "group\nquorum none\n",
        WITNESS_LINES + "group G\nquorum none\n",
        WITNESS_LINES + "group G all\nquorum none\n",
        WITNESS_LINES + "group G any\nquorum none\n",
        WITNESS_LINES + "group G 0 X1\nquorum none\n",
        WITNESS_LINES + "group G 2 X1\nquorum none\n",
        WITNESS_LINES + "group G 01 X1\nquorum none\n",
        WITNESS_LINES + "group G -1 X1\nquorum none\n",
        WITNESS_LINES + "group G ² X1 X2\nquorum none\n",
        WITNESS_LINES + f"group G {'1' * 5000} X1\nquorum none\n",
        WITNESS_LINES + "group G ALL X1\nquorum none\n",
        WITNESS_LINES + "group G any G\nquorum none\n",
        WITNESS_LINES + "group G any X1 H\ngroup H any G\nquorum none\n",
        WITNESS_LINES + "group G any none\nquorum none\n",
        WITNESS_LINES + "group none any X1\nquorum none\n",
        WITNESS_LINES + "group X2 any X1\nquorum none\n",
        WITNESS_LINES + "group G 2 X1 X1\nquorum none\n",
        WITNESS_LINES + "group G any X1\ngroup H any X1\nquorum none\n",
        WITNESS_LINES + "group G any X1\ngroup G any X2\nquorum none\n",
        "#" * (1 << 18) + "\nquorum none\n",
    ],
)
def test_policy_malformed(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text.encode())


@pytest.mark.parametrize("line", [b"log KEY \xff", b"log \xff", b"witness X \xff", b"witness X \xe2\x84\xaa"])
def test_policy_not_utf8(line: bytes) -> None:
    with pytest.raises(PolicyError):
        parse_policy(line.replace(b"KEY", LOG_VKEY.encode()) + b"\nquorum none\n")


def many(count: int) -> bytes:
    keys = [
        SigningKey(name="w", key_type=KeyType.COSIGNATURE_V1, seed=i.to_bytes(32, "big")).verifier_key
        for i in range(count)
    ]
    lines = [
        f"witness w{i} {format_vkey(key)}\ngroup g{i} any w{i}{f' g{i - 1}' * (i > 0)}" for i, key in enumerate(keys)
    ]
    return "\n".join([*lines, f"quorum g{count - 1}", ""]).encode()


def test_policy_nested_256_deep_and_no_more() -> None:
    policy = parse_policy(many(256))
    assert policy.is_met_by([policy.witnesses[0].key])
    with pytest.raises(PolicyError):
        parse_policy(many(257))


def test_accept_two_of_three() -> None:
    text = f"log {LOG_VKEY}\n{WITNESS_LINES}group council 2 X1 X2 X3\nquorum council\n"
    policy = parse_policy(text.encode())
    accepted = accept_checkpoint(cosigned("X1", "X3", "Y1"), policy=policy)
    assert accepted.checkpoint == CHECKPOINT
    assert accepted.cosignatures == tuple(
        Cosignature(key=WITNESSES[name].verifier_key, timestamp=NOW) for name in ("X1", "X3", "Y1")
    )
    with pytest.raises(PolicyNotMet):
        accept_checkpoint(cosigned("X1", "Y1", "Y2"), policy=policy)


def test_accept_one_witness_twice_is_one_witness() -> None:
    policy = parse_policy(f"log {LOG_VKEY}\n{WITNESS_LINES}group council 2 X1 X2 X3\nquorum council\n".encode())
    note = parse_note(cosigned("X1"))
    again = cosign(CHECKPOINT.text, key=WITNESSES["X1"], timestamp=NOW + 1)
    data = format_note(replace(note, signatures=(*note.signatures, again)))
    with pytest.raises(PolicyNotMet):
        accept_checkpoint(data, policy=policy)


def test_accept_bad_cosignature_refuses_all() -> None:
    policy = parse_policy(f"log {LOG_VKEY}\n{WITNESS_LINES}quorum none\n".encode())
    note = parse_note(cosigned("X1"))
    bad = replace(note.signatures[1], value=bytes(72))
    with pytest.raises(InvalidSignature):
        accept_checkpoint(format_note(replace(note, signatures=(note.signatures[0], bad))), policy=policy)


def test_accept_without_logs_or_signatures() -> None:
    for text in (f"{WITNESS_LINES}quorum X1\n", "quorum none\n"):
        with pytest.raises(UnverifiedNote):
            accept_checkpoint(cosigned("X1"), policy=parse_policy(text.encode()))
