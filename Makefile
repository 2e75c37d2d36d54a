# `make run` and `make test` are the two commands; see README.md. They need Python 3.11 or newer and make:
# no root, no Docker. What is installed lands in .venv; a second run starts at once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test test-faults lint bench bench-ingest bench-alerts bench-history bench-load bench-wall score lock

VENV := .venv
PY := $(VENV)/bin/python

# A stamp's name holds the checksum of what it stands for, so a changed lock or pyproject installs again,
# and an interrupted install leaves no stamp.
SUM := $(shell cat pyproject.toml maps/vendor/build.py maps/vendor/package-lock.json deploy/run.lock | cksum | cut -d' ' -f1)
TEST_SUM := $(shell cat deploy/test.lock | cksum | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.ready-run-$(SUM)
TEST_STAMP := $(VENV)/.ready-test-$(SUM)-$(TEST_SUM)

# The newest suitable Python; name another with `make run PYTHON=…`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## this list
	@echo 'district-ioc: trung tâm điều hành thông minh / an intelligent operations centre'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## cài đặt (lần đầu) rồi chạy thử với huyện mô phỏng / install once, then run the demo; Ctrl-C ends it
	@exec $(VENV)/bin/ioc up --demo $(ARGS)

test: $(TEST_STAMP) ## chuẩn bị phần thật, kiểm tra / provide the real parts, check the code, run every test
	@$(PY) tests/provision/provision.py
	@$(MAKE) --no-print-directory lint
	$(VENV)/bin/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

test-faults: $(TEST_STAMP) ## mọi sự cố, dạng dài (khoảng 40 phút) / every fault and a million odd messages; writes docs/faults.md
	@$(PY) tests/provision/provision.py
	IOC_FAULTS=long IOC_FAULTS_TABLE=docs/faults.md $(VENV)/bin/pytest -n 2 tests/faults tests/e2e/test_fuzz.py $(PYTEST_ARGS)

lint: $(TEST_STAMP) ## kiểm tra mã nguồn / floors, types, style
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check

bench: $(TEST_STAMP) ## đo / every benchmark, one after the other
	@set -e; found=; for file in benchmarks/*.py; do \
	  [ -e "$$file" ] || continue; found=1; echo "== $$file"; $(PY) "$$file"; \
	done; [ -n "$$found" ] || echo 'benchmarks/ holds no benchmark yet.'

bench-ingest: $(TEST_STAMP) ## đo phần nhận tin / the ingest beside its peers (ARGS=--quick: a few minutes)
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/ingest.py $(ARGS)

bench-alerts: $(TEST_STAMP) ## đo phần cảnh báo / the alert engine beside a plain loop and Prometheus (ARGS=--quick: two minutes)
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/alerts.py $(ARGS)

bench-load: $(TEST_STAMP) ## đo máy phát tải / the load generator beside mosquitto_pub
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/load.py $(ARGS)

bench-history: $(TEST_STAMP) ## đo phần lịch sử / history beside raw rows in plain SQL (ARGS=--quick, ARGS='--millions 100')
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/history.py $(ARGS)

bench-wall: $(TEST_STAMP) ## đo bức tường / the wall at a province's size, a month of it, and its peers (ARGS=--quick: three minutes)
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/wall.py $(ARGS)

score: $(TEST_STAMP) ## chấm điểm cảnh báo mọi kịch bản / every scenario scored, into docs/scores.md (ARGS="--only storm": only to look)
	@$(PY) tests/provision/provision.py
	@$(PY) benchmarks/score.py $(or $(ARGS),--page)

lock: ## tạo lại hai tệp khoá (cần uv) / make both lock files again; needs `uv`
	uv pip compile pyproject.toml --extra embedded --universal --generate-hashes --no-header --no-annotate -q \
	  -o deploy/run.lock
	uv pip compile pyproject.toml --extra embedded --group test -c deploy/run.lock --universal --generate-hashes \
	  --no-header --no-annotate -q -o deploy/test.lock

# Browser files that were deleted come back with the next install.
ifeq ($(wildcard maps/static/vendor/SHA256SUMS),)
.PHONY: $(RUN_STAMP) $(TEST_STAMP)
endif

$(RUN_STAMP): LOCK := deploy/run.lock
$(RUN_STAMP):
	@echo 'Cài đặt lần đầu, chừng một phút … / First install, about a minute …'
	$(install)
	@touch $(RUN_STAMP)

$(TEST_STAMP): LOCK := deploy/test.lock
$(TEST_STAMP):
	@echo 'Cài đặt công cụ kiểm tra, chừng hai phút … / Installing what the tests need, about two minutes …'
	$(install)
	@touch $(RUN_STAMP) $(TEST_STAMP) # the test lock holds everything of the run lock

define install
@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo 'Cần Python 3.11 trở lên (Debian/Ubuntu: sudo apt install python3 python3-venv). / Install Python 3.11 or newer (Debian/Ubuntu: sudo apt install python3 python3-venv).' >&2; exit 2; }
@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { \
  echo 'Python này thiếu venv: cài gói python3-venv rồi chạy lại. / This Python lacks venv: install the package python3-venv and run again.' >&2; exit 2; }
@rm -f $(VENV)/.ready-* # what they stood for is about to change
@echo '  1/2 các thư viện / the libraries ($(LOCK))'
@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r $(LOCK)
@echo '  2/2 dự án này và các tệp của trình duyệt / this project and its browser files'
@$(PY) -m pip install -qq --disable-pip-version-check --no-deps -e .
endef
