"""Accounts: who may sign in, with which role, and the record of what people did.

Knows nothing of HTTP; `ioc.api` is its shell. See docs/security.md.
"""
