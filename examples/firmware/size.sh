#!/usr/bin/env bash
# What each codec takes of a Cortex-M4's flash: builds an image with it and one without any, and
# prints the difference in bytes (code, constants and data). Fails when one is more than 2 % above
# what sizes.txt has; `size.sh --write` writes that file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}/firmware
cargo=(env "PATH=/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 "CARGO_TARGET_DIR=$target" /usr/bin/cargo
  -Z build-std=core -Z build-std-features=compiler-builtins-mem)

# Text and data of the image with the features given.
image() {
  "${cargo[@]}" build --quiet --release --target thumbv7em-none-eabi \
    --manifest-path codecs/Cargo.toml ${1:+--features "$1"} >&2
  arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -nostartfiles -nostdlib -Wl,--gc-sections \
    -Wl,--entry=codec -o "$target/codec-${1:-empty}.elf" \
    -Wl,--undefined=codec "$target/thumbv7em-none-eabi/release/libm2m_codec_sizes.a"
  arm-none-eabi-size "$target/codec-${1:-empty}.elf" | awk 'NR == 2 { print $1 + $2 }'
}

empty=$(image '')
failed=0
sizes=''
for codec in coap tlv lwm2m-cbor senml-cbor senml-cbor,resolve senml-json senml-json,resolve; do
  size=$(($(image "$codec") - empty))
  sizes+="$codec $size"$'\n'
  before=$(awk -v codec="$codec" '$1 == codec { print $2 }' sizes.txt 2>/dev/null || true)
  printf '%-18s %6d bytes, committed: %s\n' "$codec" "$size" "${before:-none}"
  if [ "${1:-}" != --write ] && [ "$size" -gt $((${before:-0} * 102 / 100)) ]; then
    echo "$codec grew more than 2 %"
    failed=1
  fi
done
if [ "${1:-}" = --write ]; then printf '%s' "$sizes" >sizes.txt; fi
exit $failed
