"""Simulated districts: devices that behave like real ones on the wire and know nothing of what listens.

    python -m simulators --site nong-son --broker mqtt://127.0.0.1:1883

    sites/*.toml  →  site  →  population ┐
                                         ├→  world  →  fleet  →  link  →  the broker
    scenarios/*.toml → scenario → faults ┘     │   └→  history: a past in bulk, without the wire
                                               └ machine: one device's life (orders, events, voice, surroundings)

One kind a file: devices/ (what is measured, what goes wrong), troubles/ (one cause, many victims), dialects/ (foreign
voices). Everything up to `world` is a value of its arguments; only `fleet`, `link`, `__main__` touch clock and network.
"""
