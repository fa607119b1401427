#!/usr/bin/env bash
# What both steps of the action set; they read it with `.`.
export PATH="$RUNNER_TEMP/ci-health/venv/bin:$PATH"
export CI_HEALTH_DATA_DIR="$RUNNER_TEMP/ci-health/data"
export CI_HEALTH_GITHUB__API_URL="${GITHUB_API_URL:-https://api.github.com}"
if [[ -n $INPUT_CONFIG ]]; then
  export CI_HEALTH_CONFIG="$INPUT_CONFIG"
else
  INPUT_REPOSITORIES="${INPUT_REPOSITORIES:-$GITHUB_REPOSITORY}"
fi
if [[ -n $INPUT_REPOSITORIES ]]; then
  export CI_HEALTH_REPOSITORIES="$INPUT_REPOSITORIES"
fi
