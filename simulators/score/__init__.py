"""How well a centre told what was wrong: its alerts beside the truth that the simulators wrote.

    truth (JSON lines) ┐
                       ├→ words → matching → figures → report (table, JSON)
    alerts (JSON)      ┘             └ isa: the operator's load, after ISA-18.2

Everything but `files`, `api` and `command` is a value of its arguments. It knows alerts only by what
`GET /api/v1/alerts` answers, so any centre that answers so can be scored.
"""
