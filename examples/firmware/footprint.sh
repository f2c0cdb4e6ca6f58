# Part of size.sh: writes docs/footprint.md from images that it builds. The row of a feature is the
# smallest client with it, and without the other features that it does not need.

document=../../docs/footprint.md
# With a blank at the thousands.
number() {
  sed -E ':a; s/^(-?[0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"
}
row() {
  local name=$1 features=$2 target_of=${3:-} stack difference
  measure "$features small" "${target_of:-thumbv7em-none-eabi}"
  stack=$(awk '$1 == "stack" { print $2 }' <<<"$lines")
  least=${least:-$flash}
  difference=$((flash - least))
  if [ $difference = 0 ] || [ -n "$target_of" ]; then difference=''; else difference=+$(number $difference); fi
  printf '| %s | `%s` | %s | %s | %s | %s |\n' "$name" "$features" "$(number "$flash")" \
    "$difference" "$(number "$ram")" "$(number "$stack")" | sed 's/ ` ` |/ |/; s/ `` |/ |/' | tee -a "$table"
}

table=$(mktemp)
row 'TLV alone' ''
row 'text and opaque' 'text'
row '1.1: text, SenML CBOR, CBOR, Send' 'text cbor senml-cbor send'
row '1.2: LwM2M CBOR, bootstrap, composite, Send' \
  'text cbor senml-cbor lwm2m-cbor bootstrap composite send v1-2'
row 'the same with firmware update' \
  'text cbor senml-cbor lwm2m-cbor bootstrap composite send v1-2 firmware-update'
row 'CBOR' 'cbor'
row 'SenML CBOR' 'senml-cbor'
row 'SenML JSON' 'senml-json'
row 'LwM2M CBOR' 'lwm2m-cbor'
row 'bootstrap' 'bootstrap'
row 'composite operations (with SenML CBOR)' 'composite'
row 'Send (with SenML CBOR)' 'send'
row 'firmware update' 'firmware-update'
row 'firmware update and software management' 'packages'
row 'queue mode' 'queue-mode'
row 'notifications kept while offline' 'storing'
row 'attributes and versions of 1.2' 'v1-2'
row 'what outlives a restart' 'restore'
row 'access control' 'access-control'
row 'accounts that servers change' 'accounts'
row 'Disable' 'disable'
row 'registrations longer than a message' 'upload'
row 'TLV and text on ARMv6-M (Cortex-M0)' 'text' thumbv6m-none-eabi

cat >"$document" <<END
# What a device needs of flash and RAM

Written by \`examples/firmware/size.sh --footprint\`, which builds the thermometer of
[\`examples/firmware\`](../examples/firmware) once for each row and runs it on an emulated board:
an LwM2M client with objects 0, 1, 3 and 3303 for a Cortex-M4, by the profile \`firmware\` (all in one
piece, \`opt-level = "z"\`, no text of panics, no frame pointers), linked with newlib-nano by \`arm-none-eabi-gcc\`, with feature
\`small\`. Each row is the smallest client with that feature and what it needs; bytes.

Flash is the whole image: library, C application, board, start-up code. RAM is data and bss with what the
client reserves of the arena, for messages of 256 bytes; the stack comes on top: the deepest that requests of
each kind took, measured by painting it. Nothing is allocated later.

| | features of the library | flash | more | RAM | stack |
|---|---|--:|--:|--:|--:|
$(cat "$table")

The features are those of [\`ffi/Cargo.toml\`](../ffi/Cargo.toml): \`make -C examples/firmware
FEATURES='text senml-cbor small'\` builds one. What the program does not call is not in the image: a row with
a feature that has functions of its own has calls of them, in
[\`extra.h\`](../examples/firmware/extra.h).

One codec alone in an image, without allocator and engine, against an empty image:

| codec | flash |
|---|--:|
$(for codec in coap tlv lwm2m-cbor senml-cbor senml-json; do
  printf '| %s | %s |\n' "$codec" "$(number "$(awk -v name="$codec" '$1 == name { print $2 }' sizes.txt)")"
done)

\`examples/firmware/sizes.txt\` has these and the instructions for each request; \`.ci/run\` fails when one
grows by more than 2 %.
END
rm "$table"
