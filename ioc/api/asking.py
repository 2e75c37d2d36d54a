"""What operators ask of the engine: written down here, answered by it; the answers are awaited for a moment."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from alerts import model
from alerts.store import AlertStore, Answer
from ioc.accounts import audit
from ioc.accounts.model import Deed, Person
from ioc.api.auth import actor
from ioc.api.parts import Parts
from ioc.api.times import maybe_ms

PATIENCE_S: Final = 3.0
LOOK_EVERY_S: Final = 0.1


def write_down(parts: Parts, request: Request, person: Person, asked: model.Request) -> None:
    """The audit first: better a line too many than a deed without one."""
    told = {"request": asked.id, "comment": asked.text, "until": maybe_ms(asked.until), "reason": asked.reason,
            "assignee": asked.assignee}  # fmt: skip
    detail = {name: value for name, value in told.items() if value is not None}
    with parts.pool.connection() as connection:
        deed = Deed(f"alert.{asked.action}", asked.alert_id, detail)
        audit.note(connection, actor(request, person), deed, asked.asked_at)
    parts.alerts.request(asked)


async def answered(store: AlertStore, requests: Collection[str]) -> Mapping[str, Answer]:
    """The engine's answers by request, waited for a moment; those that it has not given by then are left out."""
    loop = asyncio.get_running_loop()
    deadline, never = loop.time() + PATIENCE_S, asyncio.Event()
    found: dict[str, Answer] = {}
    while True:
        found |= await run_in_threadpool(_answers, store, [each for each in requests if each not in found])
        if len(found) == len(requests) or loop.time() >= deadline:
            return found
        with suppress(TimeoutError):
            await asyncio.wait_for(never.wait(), LOOK_EVERY_S)


def _answers(store: AlertStore, requests: Collection[str]) -> dict[str, Answer]:
    answers = ((each, store.answer(each)) for each in requests)
    return {each: answer for each, answer in answers if answer is not None and answer.outcome is not None}
