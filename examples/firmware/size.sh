#!/usr/bin/env bash
# What each codec takes of a Cortex-M4's flash: builds an image with it and one without any, and
# prints the difference in bytes (code, constants and data). Then what clients take: flash, RAM with
# the arena, stack, and instructions for each request. Fails when a figure is more than 2 % above what
# sizes.txt has; `size.sh --write` writes that file.
#
# Without an argument only the smallest client is built; `--all` looks at the others too. `--footprint`
# builds an image for each feature and writes docs/footprint.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}/firmware
# As the Makefile builds the library, for its target.
make --silent BUILD="$target/clients" "$target/clients/thumbv7em-none-eabi.json"
cargo=(env "PATH=/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 "CARGO_TARGET_DIR=$target"
  RUSTFLAGS='-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none' /usr/bin/cargo
  -Z build-std=core -Z build-std-features=compiler-builtins-mem,optimize_for_size -Z json-target-spec)

# Text and data of the image with the features given.
image() {
  "${cargo[@]}" build --quiet --release --target "$target/clients/thumbv7em-none-eabi.json" \
    --manifest-path codecs/Cargo.toml ${1:+--features "$1"} >&2
  arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -nostartfiles -nostdlib -Wl,--gc-sections \
    -Wl,--entry=codec -o "$target/codec-${1:-empty}.elf" \
    -Wl,--undefined=codec "$target/thumbv7em-none-eabi/release/libm2m_codec_sizes.a"
  arm-none-eabi-size "$target/codec-${1:-empty}.elf" | awk 'NR == 2 { print $1 + $2 }'
}

# The arena of main.c, which holds less than it could.
arena=$(sed -n 's/.*ARENA = \([0-9]*\).*/\1/p' main.c)
# Builds the thermometer with features of the library, for a target, and sets flash and ram, which has
# of the arena what the client reserves; then lines of `name number`: instructions and stack.
measure() {
  local features=$1 target_of=${2:-thumbv7em-none-eabi} out=$target/clients costs used
  make --silent BUILD="$out" TARGET="$target_of" FEATURES="$features" size >/dev/null 2>&1
  read -r flash ram < <(arm-none-eabi-size "$out/$target_of/thermometer.elf" |
    awk 'NR == 2 { print $1 + $2, $2 + $3 }')
  costs=$(make --silent BUILD="$out" TARGET="$target_of" FEATURES="$features" cost 2>/dev/null |
    sed 's/ \([0-9]*\)$/|\1/; s/ /-/g; s/|/ /')
  used=$(awk '$1 == "arena" { print $2 }' <<<"$costs")
  # A stack that grew into it would have left anything there.
  [ "${used:-0}" -gt 1000 ] || { echo "no cost of $features: $costs" >&2; return 1; }
  ram=$((ram - arena + used))
  lines=$(grep -v '^arena \|^done' <<<"$costs")
}

failed=0
sizes=''
# A figure under a name without blanks.
figure() {
  local name=$1 now=$2 before
  sizes+="$name $now"$'\n'
  before=$(awk -v name="$name" '$1 == name { print $2 }' sizes.txt 2>/dev/null || true)
  printf '%-44s %7d  committed: %s\n' "$name" "$now" "${before:-none}"
  if [ "${write:-}" != yes ] && [ "$now" -gt $((${before:-0} * 102 / 100)) ]; then
    echo "$name grew more than 2 %"
    failed=1
  fi
}
all=${1:-}
if [ "$all" = --write ]; then write=yes; fi
if [ "$all" = --footprint ]; then
  . ./footprint.sh
  exit
fi

empty=$(image '')
for codec in coap tlv lwm2m-cbor senml-cbor senml-cbor,resolve senml-json senml-json,resolve; do
  figure "$codec" $(($(image "$codec") - empty))
done

client() {
  local name=$1 key value
  measure "$2"
  figure "client-$name:flash" "$flash"
  figure "client-$name:ram" "$ram"
  while read -r key value; do figure "client-$name:$key" "$value"; done <<<"$lines"
}
client 1.1-tlv 'text small'
# Two servers and eight observations, with buffers of a kilobyte.
two=$(make --silent BUILD="$target/clients" FEATURES='text small' two-servers 2>/dev/null | awk '$1 == "arena" { print $2 }')
figure 'client-of-two-servers:arena' "${two:-999999}"
if [ "${two:-999999}" -gt 6144 ]; then
  echo 'a client of two servers takes more than 6 KiB'
  failed=1
fi
if [ -n "$all" ]; then
  client 1.1-senml-cbor 'text cbor senml-cbor send small'
  client 1.1-senml-json 'text cbor senml-cbor senml-json send small'
  client 1.2 'text cbor senml-cbor lwm2m-cbor bootstrap composite send v1-2 small'
  client 1.2-firmware 'text cbor senml-cbor lwm2m-cbor bootstrap composite send v1-2 firmware-update small'
fi

if [ "${write:-}" = yes ]; then printf '%s' "$sizes" >sizes.txt; fi
exit $failed
