#!/usr/bin/env bash
# Write the report, and the overview into the job's summary. The overview has no text from CI in it.
set -euo pipefail
. "$GITHUB_ACTION_PATH/deploy/action/settings.sh"

ci-health report --days "$INPUT_DAYS" --out "$INPUT_REPORT"
{
  echo '```text'
  COLUMNS=80 ci-health show overview --days "$INPUT_DAYS"
  echo '```'
} >>"$GITHUB_STEP_SUMMARY"
