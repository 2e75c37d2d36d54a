# See README.md. `make run` and `make test` are the two commands; both need only Python 3.11+ and make.
.PHONY: run test lint bench
PYTHON ?= python3
VENV := .venv
