#!/usr/bin/env bash
# Debian's Chromium, which the tests of the browser's face drive: installs it where it is missing.
# Where that cannot be done it says so, and leaves the tests to fail.
set -euo pipefail
command -v chromium >/dev/null && exit

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "installing Chromium for the browser tests (apt-get install chromium)" >&2
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -q >&2 || true
  "${as_root[@]}" apt-get install -q -y --no-install-recommends chromium >&2 && exit
fi
echo "the browser tests need chromium in the PATH (Debian: apt-get install chromium)" >&2
