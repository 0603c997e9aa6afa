"""`cti-server simulate`: a recorded day again, with another strategy, other queue settings, more or fewer agents."""

from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError


@click.command()
@click.option("--journal", "period", required=True, metavar="DAY[..DAY]", help="2026-11-20, in the site's time zone.")
@click.option("--strategy", "strategies", multiple=True, metavar="NAME", help="For all queues; a column for each.")
@click.option("--queue-set", "queue_sets", multiple=True, metavar="QUEUE.SETTING=VALUE", help="sales.wrapup_s=10")
@click.option("--agents", "staff", multiple=True, metavar="QUEUE+N|QUEUE-N", help="sales+2: with two agents more.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same table.")
@click.option("--database", metavar="URL", help="Another journal than that of the settings.")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Another file of settings.")
def simulate(
    period: str,
    strategies: tuple[str, ...],
    queue_sets: tuple[str, ...],
    staff: tuple[str, ...],
    seed: int,
    database: str | None,
    config: Path | None,
) -> None:
    """What if: run the router over a recorded day and print the figures beside what happened.

    The column "present" is the same day with the settings as they are: where it is near to "happened", the model can be
    trusted with the other columns. Changes by --queue-set and --agents go into every other column.
    """
    from cti_server.simulate.compare import compare

    try:
        for line in compare(period, strategies, queue_sets, staff, seed, database, config):
            click.echo(line)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(f"the journal cannot be read: {str(error).splitlines()[0]}") from None
