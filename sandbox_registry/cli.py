"""The command line: everything an operator does, with errors in one line and exit codes a script can use.

Each command stands in a module of its own, loaded when it is asked for: processes that `serve` starts load this one
again, and should not load the rest with it.
"""

import click

from sandbox_registry.cli_errors import PlainErrors
from sandbox_registry.loading import load

COMMANDS = {
    "backup": "cli_backup",
    "db": "cli_database",
    "demo": "cli_demo",
    "log": "cli_log",
    "migrate": "cli_database",
    "policy": "cli_rules",
    "restore": "cli_backup",
    "rules": "cli_rules",
    "serve": "cli_serve",
    "users": "cli_users",
    "worker": "cli_work",
}
"""The module of each command; the command is named there as it is here."""


class Commands(PlainErrors):
    """A group that loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command; null when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(load(f"sandbox_registry.{COMMANDS[cmd_name]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or suggest one that is spelled alike."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sandbox-registry")
def main() -> None:
    """Registry for controlled testing of new services (regulatory sandbox).

    Settings come from the environment (SANDBOX_*, DATABASE_URL); docs/operators.md lists them. Without
    DATABASE_URL the program runs a PostgreSQL of its own in SANDBOX_DATA_DIR (default: ./var).

    Exit codes: 0 done, 1 failed or something was found, 2 wrong use or wrong settings.
    """


if __name__ == "__main__":
    main()
