"""What can go wrong with a log: one family of errors, so that a caller reading hostile input catches `LogError` alone."""


class LogError(ValueError):
    """Say that bytes, a proof or a signature of a log cannot be accepted."""

    code = "log_error"


class TreeError(LogError):
    """Say that numbers or hashes cannot belong to a Merkle tree."""

    code = "log_tree"


class ProofError(LogError):
    """Say that an inclusion or consistency proof does not prove its claim, or is malformed."""

    code = "log_proof"


class TileError(LogError):
    """Say that a tile path, a tile or an entry bundle is malformed."""

    code = "log_tile"


class NoteError(LogError):
    """Say that a signed note or a key is malformed."""

    code = "log_note"


class KeyNameError(NoteError):
    """Say that a new key cannot have this name."""

    code = "log_key_name"


class InvalidSignature(NoteError):
    """Say that a known key's signature does not verify: the whole note is refused."""

    code = "log_signature_invalid"


class UnverifiedNote(NoteError):
    """Say that no known key signed the note."""

    code = "log_note_unverified"


class AmbiguousVerifier(NoteError):
    """Say that two trusted keys share one name and key id, so that a signature line names neither."""

    code = "log_verifier_ambiguous"


class CheckpointError(LogError):
    """Say that the text of a checkpoint is malformed or speaks for another log."""

    code = "log_checkpoint"


class PolicyError(LogError):
    """Say that a witness policy is malformed."""

    code = "log_policy"


class PolicyNotMet(LogError):
    """Say that a checkpoint lacks the cosignatures that a policy asks for."""

    code = "log_policy_not_met"
