"""Load: as many devices and messages as a broker and a centre can be asked to take, from one small process.

    packets (made once, numbered anew) ┐
                                       ├→ run → line, line, … → the broker
    plan (what is due, and since when) ┘          └ acknowledgements → latency, counted from the intended moment

Unlike `world` it plays no life: every device says the same few things, as fast or as evenly as it is told to.
`packets`, `plan` and `latency` are values of their arguments; `line` and `run` touch clock and network.
"""
