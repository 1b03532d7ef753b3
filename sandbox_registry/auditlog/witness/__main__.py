"""`python -m sandbox_registry.auditlog.witness`: the witness as a program of its own."""

from sandbox_registry.auditlog.witness.commands import witness

if __name__ == "__main__":
    witness(prog_name="sandbox-witness")
