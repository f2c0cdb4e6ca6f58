#!/usr/bin/env bash
# The README's section "A device in C", done as it says: its commands and its program are taken from
# there, word for word. $HOME is a temporary folder meanwhile. Fails unless the thermometer registers,
# the server lists it, and its temperature is read.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=$(mktemp -d)

# What is started in the background ends with this script, and nothing of it is left.
end() {
  local status=$?
  jobs -p | xargs -r kill 2>/dev/null || true
  wait
  rm -rf "$home"
  exit $status
}
trap end EXIT

# The nth block in a language within the section.
block() {
  awk -v fence='```'"$1" -v wanted="$2" '
    /^## / { here = $0 == "## A device in C" }
    here && !inside && $0 == fence { inside = 1; n++; next }
    inside && $0 == "```" { inside = 0 }
    inside && n == wanted { found = 1; print }
    END { exit !found }' "$repository/README.md" || {
    echo "README.md has no block $2 of $1 in its section for C" >&2
    return 1
  }
}

# Rust is where it was.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup} CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
export HOME=$home
here=$home/try
mkdir "$here"
block sh 1 >"$home/install.sh"
block sh 2 >"$home/try.sh"
block c 1 >"$here/thermometer.c"

echo "lines of C: $(wc -l <"$here/thermometer.c")"
(cd "$repository" && set -x && . "$home/install.sh")

# Ports as in the README, in a network of our own where the system lets us make one.
alone=()
if unshare --net --map-root-user ip link set lo up 2>/dev/null; then
  alone=(unshare --net --map-root-user --kill-child --fork)
elif unshare --net ip link set lo up 2>/dev/null; then
  alone=(unshare --net --kill-child --fork)
fi
cat >"$home/run.sh" <<'END'
set -euo pipefail
ip link set lo up 2>/dev/null || true
trap 'kill $(jobs -p)' EXIT
cd "$1/try"
set -x
. "$1/try.sh"
END
# The README waits a second for each to start; a busy machine may need another try.
output=$home/output
as_told() {
  rm -rf "$home/.local/state"
  timeout 60 "${alone[@]}" bash "$home/run.sh" "$home" >"$output" 2>&1 &&
    grep -q '^my-thermometer ' "$output" && grep -Eq '^/3303/0/5700 .* 2[0-4](\.[05])?$' "$output"
}
for try in 1 2 3; do
  if as_told; then
    cat "$output"
    echo 'as the README says'
    exit 0
  fi
done
cat "$output"
echo 'the thermometer is not there, or cannot be read'
exit 1
