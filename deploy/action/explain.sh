#!/usr/bin/env bash
# Explain the run that this workflow follows: in the job's summary, with `comment` also on its pull request.
set -euo pipefail
. "$GITHUB_ACTION_PATH/deploy/action/settings.sh"
export CI_HEALTH_GITHUB__TOKEN="$INPUT_TOKEN"

comment=
case "$INPUT_EXPLAIN" in
  summary) ;;
  comment) comment=--comment ;;
  *)
    echo "::error title=ci-health::The input explain is neither \`summary\` nor \`comment\`."
    exit 2
    ;;
esac
code=0
ci-health explain ${comment:+"$comment"} || code=$?
# 3 and 4 say whose fault the run is; that it is red, its own workflow says.
if [[ $code -ne 3 && $code -ne 4 ]]; then
  exit "$code"
fi
