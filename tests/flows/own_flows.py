"""Flows as sites may write them, for tests: good ones, and some that do what they must not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from prefect import flow

from ckanext.datapusher_plus.core.errors import Terminal
from ckanext.datapusher_plus.core.values import LoadPlan
from ckanext.datapusher_plus.flow.own_flow import Steps


class NoAge(Terminal):
    """The file lacks a column that this site wants."""

    def __init__(self) -> None:
        super().__init__("The file has no column “age”. Add it, and upload the file again.")


def planned(steps: Steps) -> LoadPlan:
    """Carry out the reading steps."""
    source = steps.fetch()
    return steps.plan(source, steps.analyse(steps.validate(steps.convert(source))))


def shouting(steps: Steps) -> None:
    """Change the values."""
    source = steps.fetch()
    csv = steps.validate(steps.convert(source))
    if "age" not in csv.header:
        raise NoAge
    loud = csv.path.with_name("loud.csv")
    first, *rows = csv.path.read_text(encoding="utf-8").splitlines(keepends=True)
    loud.write_text(first + "".join(rows).upper(), encoding="utf-8")
    steps.log.info("Made it loud.")
    steps.write(steps.plan(source, steps.analyse(replace(csv, path=loud))))


@flow
def decorated(steps: Steps) -> None:
    """Load as usual."""
    steps.write(planned(steps))


def without_write(steps: Steps) -> None:
    """Read, and write nothing."""
    planned(steps)


def twice(steps: Steps) -> None:
    """Write, and write again."""
    plan = planned(steps)
    steps.write(plan)
    steps.write(plan)


def of_another(steps: Steps) -> None:
    """Write to the table of another resource."""
    steps.write(replace(planned(steps), resource_id="00000000-0000-0000-0000-000000000000"))


def hiding(steps: Steps) -> None:
    """Write a plan with a wrong number of rows, and hide that it fails."""
    with suppress(Exception):
        steps.write(replace(planned(steps), rows=99))


def broken(steps: Steps) -> None:
    """Fail in an unexpected way."""
    raise KeyError(steps.ticket.name)


not_a_function = 7
