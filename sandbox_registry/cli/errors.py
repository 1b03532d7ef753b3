"""How commands end when something is wrong: in lines a person can act on."""

from typing import Any

import click

from sandbox_registry.domain.errors import DomainError, Invalid
from sandbox_registry.runtime.failures import Failure
from sandbox_registry.runtime.settings import SettingsError

FAILED, MISUSED = 1, 2


class PlainErrors(click.Group):
    """A group of commands whose expected errors end as one line each and an exit code, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(f"Error: {problem}", err=True)
            ctx.exit(MISUSED)
        except Failure as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)
        except Invalid as error:
            for each in error.errors:
                click.echo(f"Error: {each.field}: {each.message.en}", err=True)
            ctx.exit(MISUSED)
        except DomainError as error:
            click.echo(f"Error: {error.text.en}", err=True)
            ctx.exit(FAILED)


def report_findings(findings: list[str], all_well: str) -> None:
    """Print what a check found and fail, or print that all is well."""
    for line in findings:
        click.echo(line)
    if findings:
        message = f"{len(findings)} found."
        raise click.ClickException(message)
    click.echo(all_well)
