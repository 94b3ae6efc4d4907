#!/usr/bin/env bash
# Everything that is to be checked and measured on a GPU, in a single run, of files that `gpu.sh pack` gathered beforehand.
#
#   gpu.sh pack DIR   on a machine with Rust and NVIDIA's compiler: builds for CUDA and makes golden files; needs python (see requirements.txt)
#   DIR/gpu.sh run    on the machine with the GPU: parity, then figures for each precision and batch; writes DIR/results/
#
# For `pack`, CUDA_HOME names NVIDIA's compiler and CUDA_COMPUTE_CAP the card (90 for an H100 or H200). Where `python` beside the GPU has the
# reference installed, it is measured, too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
examples=(xtts_bench xtts_random_model)

pack() {
  local root target out=$1 salt
  root=$(cd "$here/../../.." && pwd)
  target=${CARGO_TARGET_DIR:-$root/target}
  mkdir -p "$out"
  cd "$root"
  cargo build --locked --release --package kiskadee-xtts --features cuda "${examples[@]/#/--example=}"
  cargo build --locked --release --package kiskadee-speech --features cuda --example xtts_parity
  cargo build --locked --release --package kiskadee --features cuda
  cp "${examples[@]/#/$target/release/examples/}" "$target/release/examples/xtts_parity" "$target/release/kiskadee" "$out"
  strip "$out/kiskadee" "$out"/xtts_*
  for salt in one two; do
    python "$here/golden.py" --salt "$salt" --out "$out/golden-$salt"
  done
  python "$here/make_checkpoint.py" --out "$out/checkpoint"
  cp "$out/checkpoint/config.json" "$out/checkpoint/vocab.json" "$out"
  # The weights are made again on the other side: they are too large to carry.
  rm -r "$out/checkpoint"
  cp "$here"/*.py "$here/gpu.sh" "$out"
}

run() {
  cd "$here"
  mkdir -p results
  nvidia-smi | tee results/card.txt
  local salt precision failed=0
  for salt in one two; do
    ./xtts_parity --cuda "golden-$salt" | tee "results/parity-$salt.txt" || failed=1
  done
  ./xtts_random_model checkpoint config.json vocab.json
  ./kiskadee models import checkpoint --models-dir models --name xtts --accept-licence --force
  local stages=load,conditioning,prepare,generate,vocoder,inference,stream
  local batches=batch,batch_8,batch_16,batch_32,batch_64,batch_128,inference_8,inference_16,inference_32,inference_64,inference_128
  for precision in f32 f16 bf16; do
    ./xtts_bench models/xtts --device cuda --precision "$precision" --only "$stages,$batches" | tee "results/bench-$precision.jsonl"
  done
  if python -c 'import TTS' 2>/dev/null; then
    python make_checkpoint.py --out reference-checkpoint
    for precision in float32 float16; do
      python bench.py --checkpoint reference-checkpoint --device cuda --dtype "$precision" | tee "results/reference-$precision.jsonl" || failed=1
    done
  fi
  return "$failed"
}

case ${1:-} in
  pack) pack "$(mkdir -p "${2:?gpu.sh pack DIR}" && cd "$2" && pwd)" ;;
  run) run ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
