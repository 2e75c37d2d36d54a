"""Simulated districts: devices that behave like real ones on the wire and know nothing of what listens.

    python -m simulators --site nong-son --broker mqtt://127.0.0.1:1883

    sites/*.toml  →  site  →  population ┐
                                         ├→  world  →  fleet  →  link  →  the broker
    scenarios/*.toml    →    faults      ┘     └ machine: one device's life (orders, events, voice)
    devices/*.py: one kind of device a file

Everything up to `world` is a value of its arguments; only `fleet`, `link` and `__main__` touch clock and network.
"""
