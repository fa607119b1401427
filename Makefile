# Every target sets up what it needs: a fresh machine has Python 3.11+, Go and Rust, nothing more.
.DELETE_ON_ERROR:
.PHONY: demo check test wheel bench chaos night lint format docs dashboards pictures lock influxd gitea helm chromium prometheus faketime postgresql clean

PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

# demo installs what users need; everything else also what developers need. Both leave the command.
$(VENV)/users: requirements.lock pyproject.toml
	@tools/venv.sh "$(PYTHON)" $(VENV) requirements.lock
	@touch $@

$(VENV)/developers: requirements-dev.lock requirements.lock pyproject.toml
	@tools/venv.sh "$(PYTHON)" $(VENV) requirements-dev.lock
	@touch $(VENV)/users $@

demo: $(VENV)/users
	@$(BIN)/ci-health demo

# The tests that start no server, no browser and no whole pipeline: two minutes.
check: $(VENV)/developers
	@$(BIN)/pytest -n 2 -m "not server and not slow" $(ARGS)

# Three processes for two cores: tests wait for servers.
test: $(VENV)/developers influxd helm chromium prometheus faketime postgresql
	@INFLUXD="$$(tools/influxd/build.sh --find)" $(BIN)/pytest -n 3 $(ARGS)

# The wheel and the sdist, into dist/; then the tests without servers against the installed wheel.
wheel: $(VENV)/developers
	@tools/wheel.sh "$(PYTHON)" $(BIN)/python $(ARGS)

# Speed and cost, each against a reference in the same run: about a quarter of an hour. All of them are
# written into docs/performance.md and docs/scale.md; with ARGS, such as "junit state", some are shown.
bench: $(VENV)/developers influxd
	@INFLUXD="$$(tools/influxd/build.sh --find)" $(BIN)/python -m benchmarks \
		$(or $(ARGS),--json benchmarks/results.json)
	@$(BIN)/python -m tools.docs

# Every fault of docs/reliability.md, and 200 kills: about a quarter of an hour. $$CHAOS_SEED and
# $$CHAOS_KILLS make other kills, and other numbers of them.
chaos: $(VENV)/developers influxd
	@CHAOS=full INFLUXD="$$(tools/influxd/build.sh --find)" $(BIN)/pytest -n 2 \
		tests/chaos tests/cli/test_backfill.py tests/state/test_model.py tests/pipeline/test_lies.py tests/pipeline/test_logs.py \
		tests/pipeline/test_moving_runs.py tests/pipeline/test_delivery.py tests/pipeline/test_retention.py \
		--ignore tests/chaos/test_night.py $(ARGS)

# Two weeks of `ci-health run` in fast motion, several workers that are killed and hang, a real Gitea, and whatever
# else repeats a proof that `make test` makes once: an hour.
night: $(VENV)/developers influxd chromium faketime postgresql gitea
	@CHAOS=full INFLUXD="$$(tools/influxd/build.sh --find)" $(BIN)/pytest \
		tests/chaos/test_night.py tests/workers tests/pipeline/test_gitea.py $(ARGS)
	@CHAOS=full INFLUXD="$$(tools/influxd/build.sh --find)" $(BIN)/pytest -n 2 -m thorough \
		--ignore tests/chaos --ignore tests/workers $(ARGS)

# The InfluxDB server that the tests run against: $$INFLUXD, the PATH, else built once from source.
influxd:
	@tools/influxd/build.sh >/dev/null

# The Gitea server and runner that the tests run against: $$GITEA, else built once from source, in ten minutes.
# `make test` runs these tests where they are built already, and says so where they are not.
gitea:
	@tools/gitea/build.sh >/dev/null

# The helm that the tests render the chart with: $$HELM, the PATH, else built once from source.
helm:
	@tools/helm/build.sh >/dev/null

chromium:
	@tools/chromium.sh

prometheus:
	@tools/prometheus.sh

faketime:
	@tools/faketime.sh

postgresql:
	@tools/postgresql.sh >/dev/null || true

lint: $(VENV)/developers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/codespell
	@$(BIN)/python -m tools.prose
	@$(BIN)/python -m tools.docs --check
	@$(BIN)/python -m dashboards --check

format: $(VENV)/developers
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/developers
	@$(BIN)/python -m tools.docs

# What Grafana is provisioned with, from dashboards/.
dashboards: $(VENV)/developers
	@$(BIN)/python -m dashboards

# The README's pictures, drawn from the demo.
pictures: $(VENV)/developers chromium
	@tools/pictures.sh

lock:
	@tools/lock.sh

clean:
	rm -rf $(VENV) .ci-health .mypy_cache .pytest_cache .ruff_cache .hypothesis dist ci-health-report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
