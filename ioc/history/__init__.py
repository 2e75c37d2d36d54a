"""What was: courses of metrics, availability, who sent most; for one device, many, or whole areas, then or now.

`scope` says which devices and when, `resolution` how finely, `courses`, `availability` and `talkers` ask, `exports`
streams. Reads only; every statement stands in `queries.sql`.
"""
