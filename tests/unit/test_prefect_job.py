"""What a worker takes from Prefect, whatever somebody has written there."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, WorkPool

from ckanext.datapusher_plus.flow.job import CkanJob, Refused, bare, known, tell_ignored

RUN, RESOURCE = str(uuid4()), str(uuid4())
HOSTILE = {"env": {"PYTHONPATH": "/evil", "LD_PRELOAD": "/evil.so"}, "command": "touch /evil"}
TEMPLATE = {
    "job_configuration": {"command": "touch /evil", "name": "{{ name }}", "image": "strange"},
    "variables": {"properties": {"env": {"default": {"PYTHONSTARTUP": "/evil.py"}}, "working_dir": "no mapping"}},
}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"run_id": RUN},
        {"resource_id": RESOURCE},
        {"run_id": None, "resource_id": RESOURCE},
        {"run_id": 5, "resource_id": RESOURCE},
        {"run_id": [RUN], "resource_id": RESOURCE},
        {"run_id": {"__prefect_kind": "jinja", "template": RUN}, "resource_id": RESOURCE},
        {"run_id": RUN, "resource_id": {"id": RESOURCE}},
        {"run_id": RUN.upper(), "resource_id": RESOURCE},
        {"run_id": f"{{{RUN}}}", "resource_id": RESOURCE},
        {"run_id": f"{RUN}\n", "resource_id": RESOURCE},
        {"run_id": "x" * 36, "resource_id": RESOURCE},
        {"run_id": "9" * 1_000_000, "resource_id": RESOURCE},
        {"run_id": "\udc80" * 36, "resource_id": RESOURCE},
        {"run_id": "../../../../../../../../etc/passwd..", "resource_id": RESOURCE},
    ],
    ids=lambda parameters: repr(parameters)[:40],
)
def test_parameters_that_are_no_ids_are_refused_before_anything_is_asked(parameters: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="are not the ids of a run and a resource"):
        known(parameters)


def job_of(flow_run: FlowRun, template: dict[str, Any]) -> CkanJob:
    pool = WorkPool(name="pool", type="ckan", base_job_template=template, default_queue_id=uuid4())

    async def resolve() -> CkanJob:
        # nobody listens there: nothing may be asked for
        async with PrefectClient("http://127.0.0.1:1/api") as client:
            return await CkanJob.resolve_for_flow_run(flow_run, client=client, work_pool=pool, worker_name="here")

    # in a thread of its own: a loop in this one would take the place of the one that CKAN's HTML library leaves open
    with start_blocking_portal() as portal:
        return portal.call(resolve)


@pytest.mark.parametrize(
    "template", [{}, {"job_configuration": None, "variables": 5}, TEMPLATE, {"variables": {"properties": {"env": 5}}}]
)
def test_a_job_is_the_same_whatever_is_asked_for(template: dict[str, Any]) -> None:
    flow_run = FlowRun(flow_id=uuid4(), job_variables=HOSTILE, parameters={"run_id": RUN, "extra": 1})
    job = job_of(flow_run, template)
    assert (job.env, job.command, job.labels, job.name) == ({}, None, {}, str(flow_run.id))


def test_the_log_has_the_names_of_what_is_ignored_and_no_value(caplog: pytest.LogCaptureFixture) -> None:
    flow_run = FlowRun(
        flow_id=uuid4(),
        job_variables=HOSTILE | {"A\n2026 ERROR forged": 1, "x" * 500: 1},
        parameters={"run_id": RUN, "extra": 1},
    )
    with caplog.at_level(logging.WARNING):
        tell_ignored(flow_run, job_of(flow_run, TEMPLATE))
    (record,) = caplog.records
    names = record.getMessage().rpartition("are ignored: ")[2]
    assert names == "env.PYTHONPATH, env.LD_PRELOAD, command, (an odd name), parameters.extra, image, env.PYTHONSTARTUP"


def test_many_names_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    flow_run = FlowRun(flow_id=uuid4(), job_variables={f"v{number}": "x" for number in range(5000)})
    tell_ignored(flow_run, job_of(flow_run, {}))
    assert caplog.records[0].getMessage().endswith("v8, v9, and 4990 more")


def test_a_run_of_ours_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    flow_run = FlowRun(flow_id=uuid4(), parameters={"run_id": RUN, "resource_id": RESOURCE})
    from ckanext.datapusher_plus.flow.worker import CkanWorker

    tell_ignored(flow_run, job_of(flow_run, CkanWorker.get_default_base_job_template()))
    assert caplog.records == []


def test_texts_of_strangers_do_not_reach_the_logs_of_prefects_worker() -> None:
    flow_run = FlowRun(flow_id=uuid4(), name="A\nforged", tags=["t"] * 500, labels={"a\nb": "c"})
    shorn = bare(flow_run)
    assert (shorn.id, shorn.name, shorn.tags, shorn.labels) == (flow_run.id, str(flow_run.id), [], {})
