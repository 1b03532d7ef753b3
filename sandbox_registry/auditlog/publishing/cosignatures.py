"""The cosignatures that the registry holds: merging them into the published checkpoint, and how old they are.

Checkpoints come every second, witnesses that pull come when they can. So one checkpoint is kept still for them
(`checkpoint-offered`) until enough have cosigned it, or until it is an hour old.
"""

from collections.abc import Sequence
from pathlib import Path

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, open_checkpoint
from sandbox_registry.transparency.cosignatures import add_signatures, cosignatures_of
from sandbox_registry.transparency.errors import LogError, PolicyError
from sandbox_registry.transparency.keys import KeyType
from sandbox_registry.transparency.notes import Signature, format_note, parse_note
from sandbox_registry.transparency.policies import WitnessPolicy, accept_checkpoint
from sandbox_registry.transparency.policy_files import parse_policy

POLICY_FILE, OFFERED = "log-policy", "checkpoint-offered"
OFFER_LIFETIME_S = 3600.0
ALARM_AFTER_S = 24 * 3600


def registry_policy(data_dir: Path) -> WitnessPolicy | None:
    """Return the witness policy of this installation, null when it has none; raise `PolicyError` for a bad one."""
    path = data_dir / POLICY_FILE
    try:
        return parse_policy(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PolicyError(f"{path} cannot be read") from error


def offer(folder: LogFolder, *, policy: WitnessPolicy, now: float) -> None:
    """Choose the checkpoint that witnesses are to cosign now, if the one chosen before has served."""
    with folder.changing():
        offered = folder.root / OFFERED
        if (
            not offered.exists()
            or now - offered.stat().st_mtime > OFFER_LIFETIME_S
            or _is_met(offered.read_bytes(), policy)
        ):
            note = folder.checkpoint()
            if note is not None:
                folder.publish(note, name=OFFERED)


def merge(folder: LogFolder, note: bytes, *, policy: WitnessPolicy) -> int:
    """Merge the cosignatures of a note into the checkpoints of the same text; return how many were taken.

    Raises:
        LogError: the log did not sign it, or a witness's cosignature does not verify.

    """
    opened = open_checkpoint(note, keys=(*policy.log_keys, *policy.witness_keys)).opened
    taken = [each.signature for each in opened.verified if each.key.key_type is KeyType.COSIGNATURE_V1]
    if not taken:
        return 0
    found = 0
    with folder.changing():
        for name in (CHECKPOINT, OFFERED, COSIGNED):
            found += _merge_into(folder, name, opened.note.text, taken, policy=policy)
    return len(taken) if found else 0


def _merge_into(folder: LogFolder, name: str, text: str, taken: Sequence[Signature], *, policy: WitnessPolicy) -> int:
    try:
        kept = parse_note(folder.read(name))
    except MissingFile:
        return 0
    if kept.text != text:
        return 0
    merged = format_note(add_signatures(kept, signatures=taken))
    folder.publish(merged, name=name)
    if name != COSIGNED and _is_met(merged, policy) and _size(folder, COSIGNED) < _size(folder, name):
        folder.publish(merged, name=COSIGNED)
    return 1


def last_cosigned_at(folder: LogFolder, *, policy: WitnessPolicy) -> int | None:
    """Return when the quorum was last complete, in seconds since 1970: the time of the cosignature that completed it."""
    times = []
    for name in (COSIGNED, CHECKPOINT, OFFERED):
        try:
            opened = accept_checkpoint(folder.read(name), policy=policy).opened
        except (LogError, MissingFile):
            continue
        newest = sorted(cosignatures_of(opened), key=lambda each: each.timestamp, reverse=True)
        for count in range(len(newest)):
            if policy.is_met_by({each.key for each in newest[: count + 1]}):
                times.append(newest[count].timestamp)
                break
    return max(times, default=None)


def is_overdue(folder: LogFolder, *, policy: WitnessPolicy, now: float) -> bool:
    """Say whether the policy asks for witnesses and they were last complete more than a day ago, or never."""
    if policy.quorum is None:
        return False
    last = last_cosigned_at(folder, policy=policy)
    return last is None or now - last > ALARM_AFTER_S


def _is_met(note: bytes, policy: WitnessPolicy) -> bool:
    try:
        accept_checkpoint(note, policy=policy)
    except LogError:
        return False
    return True


def _size(folder: LogFolder, name: str) -> int:
    try:
        return int(parse_note(folder.read(name)).text.split("\n")[1])
    except (LogError, MissingFile, ValueError, IndexError):
        return -1
