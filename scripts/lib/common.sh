# Sourced by every script: strict mode, where the checkout and the cache are, and how to speak.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${POSTERN_CACHE:-/var/cache/postern}
release=trixie

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Whether this already runs inside the build root, where the checkout is /src.
inside_root() { [ -e /.complete ]; }

need_root() { [ "$(id -u)" = 0 ] || die "$(basename "$0") must run as root (it makes a build root and network namespaces)"; }

# install PACKAGE... : installs those of the host's packages that are missing.
install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing on this machine: ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}
