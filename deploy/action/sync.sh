#!/usr/bin/env bash
# Sync what is new. A rate limit that is used up is no failure: the next run goes on where this one stood.
set -euo pipefail
. "$GITHUB_ACTION_PATH/deploy/action/settings.sh"
export CI_HEALTH_GITHUB__TOKEN="$INPUT_TOKEN"
# A runner that waits an hour for the limit costs more than the next run.
export CI_HEALTH_GITHUB__MAX_WAIT=2m

mkdir -p "$CI_HEALTH_DATA_DIR"
told="$RUNNER_TEMP/ci-health/sync.json"
code=0
ci-health sync --json >"$told" || code=$?
# Only repositories that wait for the limit, and nothing else that failed?
retry_at=$(python - "$told" <<'PYTHON'
import json
import sys
from pathlib import Path

text = Path(sys.argv[1]).read_text("utf-8")
failed = [summary for summary in json.loads(text or "[]") if summary["error"]]
if failed and all(summary["retry_at"] for summary in failed):
    print(min(summary["retry_at"] for summary in failed))
PYTHON
)
echo "retry-at=$retry_at" >>"$GITHUB_OUTPUT"
if [[ $code -eq 1 && -n $retry_at ]]; then
  echo "::notice title=ci-health::GitHub's rate limit is used up until $retry_at. The report has what was read so far; the next run goes on from there."
  exit 0
fi
exit "$code"
