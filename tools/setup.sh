#!/usr/bin/env bash
# Makes a bare Debian 12 ready to build lmkor, and says what it does:
#   tools/setup.sh        missing packages of deps/apt.txt, .venv with deps/requirements.txt (libtorch)
#   tools/setup.sh test   also .venv-test with deps/requirements-test.txt (the oracles of the tests)
# Safe to repeat: what is finished is skipped, what was cut off is taken up again.
# LMKOR_SKIP_APT=1 leaves the system's packages alone.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: error: %s\n' "$*" >&2
  exit 69
}

install_packages() {
  local -a wanted missing=() root=()
  mapfile -t wanted < <(sed 's/#.*//' deps/apt.txt | tr -s ' \t' '\n' | sed '/^$/d')
  if [ "${LMKOR_SKIP_APT:-0}" = 1 ]; then
    say "packages of the system: left alone (LMKOR_SKIP_APT=1)"
    return
  fi
  command -v dpkg-query >/dev/null || fail "this is no Debian; install what deps/apt.txt names and set LMKOR_SKIP_APT=1"
  local package
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages of the system: all ${#wanted[@]} are there"
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "as root: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  say "installing with apt-get${root:+ (sudo)}: ${missing[*]}"
  # ${root[@]+...}: an empty array is no unset variable
  ${root[@]+"${root[@]}"} apt-get update -qq
  ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The first Python of 3.11 or later that can make environments.
find_python() {
  local candidate
  for candidate in "${LMKOR_BOOT_PYTHON:-}" python3.11 python3 /usr/bin/python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return
    fi
  done
  fail "no Python of 3.11 or later with the module venv (Debian: apt-get install python3 python3-venv)"
}

# environment FOLDER REQUIREMENTS: an environment with torch first, then the rest held to exactly that torch.
environment() {
  local folder=$1 requirements=$2 python stamp torch
  python=$(find_python)
  stamp=$({ "$python" -c 'import sys; print(sys.version)'; cat deps/requirements.txt "$requirements"; } | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$folder/.lmkor-stamp" 2>/dev/null || true)" = "$stamp" ] && "$folder/bin/python" -c pass 2>/dev/null; then
    say "$folder: ready"
    return
  fi
  say "$folder: installing $requirements with $("$python" --version)"
  if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$folder"
  fi
  local -a pip=("$folder/bin/python" -m pip --disable-pip-version-check install --quiet --no-warn-script-location)
  "${pip[@]}" -r deps/requirements.txt
  torch=$("$folder/bin/python" -c 'from importlib.metadata import version; print(version("torch"))')
  printf 'torch==%s\n' "$torch" >"$folder/torch-constraint.txt"
  if [ "$requirements" != deps/requirements.txt ]; then
    # seqeval comes as source; its setup.py would fetch setuptools-scm in a way that no longer works.
    "${pip[@]}" setuptools-scm==10.3.4 wheel==0.48.0
    "${pip[@]}" --no-build-isolation -r "$requirements" -c "$folder/torch-constraint.txt"
  fi
  printf '%s' "$stamp" >"$folder/.lmkor-stamp"
  say "$folder: ready, torch $torch"
}

case "${1:-run}" in
  run | test) ;;
  *) fail "got '$1', expected nothing or 'test'" ;;
esac
install_packages
environment .venv deps/requirements.txt
if [ "${1:-run}" = test ]; then
  environment .venv-test deps/requirements-test.txt
fi
