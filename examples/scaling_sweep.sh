#!/usr/bin/env bash
# A sweep of small models for a scaling law: every size times every number of steps, each a run of its own with its own
# schedule, then `lmkor scaling fit` over all of them. Stopped at any moment, the same command goes on.
#   examples/scaling_sweep.sh SHARDS OUTPUT             25 runs: a night on two processor cores
#   SIZES="64x2 128x2" STEPS="50 100" examples/scaling_sweep.sh SHARDS OUTPUT
# A size is WIDTHxLAYERS; heads are 32 wide, the feed-forward layer four times the width.
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."
BIN=${LMKOR_BIN:-build/release/bin}
shards=$1 output=$2
read -ra sizes <<<"${SIZES:-64x2 128x2 128x4 192x4 256x6}"
read -ra steps <<<"${STEPS:-500 1000 2000 4000 8000}"

runs=()
for size in "${sizes[@]}"; do
  width=${size%x*} layers=${size#*x}
  for count in "${steps[@]}"; do
    run=$output/runs/$size-$count
    runs+=("$run")
    # Whole once the model stands there; until then `pretrain` goes on from its last checkpoint.
    [ -e "$run/model/model.safetensors" ] && continue
    echo "scaling: $size, $count steps (${#runs[@]} of $((${#sizes[@]} * ${#steps[@]})))"
    "$BIN/lmkor" pretrain --config recipes/scaling/bert.toml --data "$shards" --output "$run" \
      --set model.hidden_size="$width" --set model.num_hidden_layers="$layers" \
      --set model.num_attention_heads=$((width / 32)) --set model.intermediate_size=$((4 * width)) \
      --set train.steps="$count" --set train.validate_every_steps="$count" ${PRETRAIN:-}
  done
done
"$BIN/lmkor" scaling fit --runs "${runs[@]}" --output "$output/law" --force
