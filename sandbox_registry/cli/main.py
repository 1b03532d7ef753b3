"""The command line: everything an operator does, with errors in one line and exit codes a script can use.

Each command stands in a module of its own, imported when it is asked for: processes that `serve` starts import this
one again, and should not import the rest with it.
"""

import click

from sandbox_registry.cli.errors import PlainErrors
from sandbox_registry.runtime.imports import imports_uncollected

COMMANDS = ("backup", "db", "demo", "log", "migrate", "policy", "restore", "rules", "serve", "users", "worker")


def import_command(name: str) -> click.Command:  # noqa: C901, PLR0911 - One line a command.
    """Import the command of this name, one of `COMMANDS`."""
    match name:
        case "backup":
            from sandbox_registry.cli.backup import backup

            return backup
        case "db":
            from sandbox_registry.cli.db import db

            return db
        case "demo":
            from sandbox_registry.cli.demo import demo

            return demo
        case "log":
            from sandbox_registry.cli.log import log

            return log
        case "migrate":
            from sandbox_registry.cli.migrate import migrate

            return migrate
        case "policy":
            from sandbox_registry.cli.policy import policy

            return policy
        case "restore":
            from sandbox_registry.cli.restore import restore

            return restore
        case "rules":
            from sandbox_registry.cli.rules import rules

            return rules
        case "serve":
            from sandbox_registry.cli.serve import serve

            return serve
        case "users":
            from sandbox_registry.cli.users import users

            return users
        case _:
            from sandbox_registry.cli.worker import worker

            return worker


class Commands(PlainErrors):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; null when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        with imports_uncollected():
            return import_command(cmd_name)

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
