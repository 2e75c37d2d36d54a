"""The part of the stage that answers about incidents: the real decisions and shapes over the stage's own alerts."""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from alerts import incident_deeds as deeds
from alerts.incident import By, Incident
from alerts.incident_book import MemoryIncidents
from alerts.incident_deeds import Refusal
from ioc.api.incident_shapes import AskedDeed, incident_told, whole_told
from ioc.api.incidents import _REFUSED, _decision
from maps.hub import epoch_ms


class _Fired:
    """The stage's alerts as a store tells them; all have fired."""

    def __init__(self, alerts):
        self.alerts = alerts

    def get(self, alert_id):
        found = self.alerts.get(alert_id)
        return None if found is None else (replace(found, firing_since=found.since), ())

    def list(self, *, parent, limit):
        return [alert for alert in self.alerts.values() if alert.parent == parent][:limit]


class Affairs:
    """Incidents in memory, by `lan`; `asked` is every deed that was asked for."""

    def __init__(self, stage):
        self.stage, self.asked = stage, []
        self.kept = MemoryIncidents(_Fired(stage.alerts))

    def open(self, title, *alert_ids, name=None):
        by = By("lan", epoch_ms())
        new = Incident(name or f"i{len(self.kept.list()):03d}", title, by.at, by.name)
        return self.kept.act(new, lambda facts: deeds.begin(facts, by), alerts=alert_ids)

    def routes(self, api):
        return [
            Route(f"{api}/incidents", self._list),
            Route(f"{api}/incidents", self._open, methods=["POST"]),
            Route(f"{api}/incidents/{{id}}", self._one),
            Route(f"{api}/incidents/{{id}}/{{action}}", self._act, methods=["POST"]),
        ]

    def _list(self, request):
        is_open = {"true": True, "false": False}.get(request.query_params.get("open"))
        found = self.kept.list(is_open=is_open, alert=request.query_params.get("alert"))
        return JSONResponse({"items": [incident_told(*each) for each in found], "next": None})

    def _one(self, request):
        found = self.kept.get(request.path_params["id"])
        return self._told(Refusal.NO_INCIDENT if found is None else found.incident.id)

    async def _open(self, request):
        said = await request.json()
        return self._told(self.open(said["title"], *said["alerts"]), 201)

    async def _act(self, request):
        name, action = request.path_params["id"], request.path_params["action"]
        said = AskedDeed(**await request.json())
        self.asked.append((name, action, said.model_dump(exclude_unset=True)))
        by = By("lan", epoch_ms())
        if action == "ack":
            return await run_in_threadpool(self._acknowledge, name, by)
        named = said.alerts if action == "add" else ()
        done = self.kept.act(name, _decision(action, said, by), alerts=named, other=said.into)
        return self._told(done)

    def _acknowledge(self, name, by):
        waiting = [each.alert for each in self.kept.get(name).gathered if each.alert.open and not each.alert.acked]
        for alert in waiting:
            self.stage.step(replace(self.stage.alerts[alert.id], acked=True, acked_by=by.name), "ack")
        ids = [alert.id for alert in waiting]
        return self._told(self.kept.act(name, lambda facts: deeds.acknowledge(facts, ids, "", by)))

    def _told(self, done, status=200):
        if isinstance(done, Refusal):
            status, title, detail = _REFUSED[done]
            return JSONResponse({"title": title, "detail": detail}, status)
        return JSONResponse(whole_told(self.kept.get(done)), status)
