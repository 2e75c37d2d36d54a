"""How fast can a past be made? Messages a second of one core, beside what encoding the same documents alone would give.

The limit is `json.dumps` of the standard library over the same documents, in the same run: whatever makes the values
comes on top of it.
"""

import json
import sys
from time import process_time

from simulators.history import history

START, HOURS = 1_795_323_600.0, 4
SITES = ("nong-son", "cai-be", "van-chan", "tan-hung", "tam-duong")


def main() -> int:
    """Print a line for each district."""
    print(f"{'site':<12}{'messages':>10}{'a second':>12}{'json alone':>12}{'share':>8}{'a month in':>12}")
    for site in SITES:
        began = process_time()
        payloads = [payload for _, payload, _ in history(site, 1, START, START + HOURS * 3600)]
        taken = process_time() - began
        native = [json.loads(payload) for payload in payloads if payload[:1] == b"{"]
        began = process_time()
        for document in native:
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        alone = (process_time() - began) * len(payloads) / len(native)
        month = taken / HOURS * 24 * 30
        rate, limit = len(payloads) / taken, len(payloads) / alone
        print(f"{site:<12}{len(payloads):>10,}{rate:>12,.0f}{limit:>12,.0f}{rate / limit:>8.0%}{month:>10.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
