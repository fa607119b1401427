#!/usr/bin/env bash
# The payloads that GitHub's webhooks are documented with: prints the path of their JSON file.
# From npm's @octokit/webhooks-examples, kept in the cache; they are not part of this repository.
set -euo pipefail
version=7.6.1 sum=89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280
cache=${CI_HEALTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ci-health}/webhooks-examples-$version
file=$cache/package/api.github.com/index.json
if [ ! -s "$file" ]; then
  command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  npm pack --silent --pack-destination "$folder" "@octokit/webhooks-examples@$version" >/dev/null
  echo "$sum  $(echo "$folder"/*.tgz)" | sha256sum --check --quiet >&2
  mkdir "$folder/unpacked" && tar -xzf "$folder"/*.tgz -C "$folder/unpacked"
  mkdir -p "$(dirname "$cache")"
  # Whoever comes first wins: several test runs may do this at once.
  mv -T "$folder/unpacked" "$cache" 2>/dev/null || true
fi
echo "$file"
