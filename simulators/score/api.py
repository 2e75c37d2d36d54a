"""Fetches the alerts from a centre's own HTTP face, page by page, each with its timeline."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from simulators.errors import UnusableError

_PAGE = 500
_PATIENCE_S = 30.0


def fetch_alerts(url: str, token: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every alert that the centre at `url` keeps; UnusableError says why it cannot be had."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=_PATIENCE_S) as client:
            cursor: str | None = None
            while True:
                page = _ask(client, "/api/v1/alerts", {"limit": _PAGE, **({"cursor": cursor} if cursor else {})})
                for alert in page["items"]:
                    where = f"/api/v1/alerts/{alert['id']}"
                    told = alert.get("firing_since") is not None
                    yield where, _ask(client, where, {}) if told else alert
                cursor = page.get("next")
                if cursor is None:
                    return
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError) as error:
        raise UnusableError(f"no alerts from {url}: {str(error) or type(error).__name__}") from error


def _ask(client: httpx.Client, path: str, query: Mapping[str, str | int]) -> Mapping[str, Any]:
    answer = client.get(path, params=query)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise UnusableError(f"{client.base_url} does not accept the token: make one with POST /api/v1/tokens")
    answer.raise_for_status()
    found: Mapping[str, Any] = answer.json()
    return found
