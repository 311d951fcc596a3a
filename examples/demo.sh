#!/usr/bin/env bash
# The whole main job, from raw text to scores: `make demo` runs it on sample data (into demo/), `make demo DATA=FOLDER` on
# real data with corpus/ and tasks/nsmc/ in FOLDER (into demo-real/). Safe to repeat: a finished stage is not run again
# unless its command, its recipe or a stage before it changed; a stopped one goes on or starts over, whichever is right.
#   LMKOR_BIN   folder of the programs [build/release/bin]
#   MINUTES     time for pretraining on real data [15]
#   OUT         where results go [demo or demo-real]
set -euo pipefail
cd "$(dirname "$0")/.."

BIN=${LMKOR_BIN:-build/release/bin}
MINUTES=${MINUTES:-15}
DATA=${1:-}
[ -x "$BIN/lmkor" ] || { echo "demo: error: no program $BIN/lmkor; run make demo" >&2; exit 66; }
if [ -n "$DATA" ]; then
  [ -d "$DATA/corpus" ] && [ -d "$DATA/tasks/nsmc" ] || { echo "demo: error: $DATA: no corpus/ and tasks/nsmc/ in it" >&2; exit 66; }
  OUT=${OUT:-demo-real}
else
  OUT=${OUT:-demo}
  DATA=$OUT/data
fi
STATE=$OUT/.stages
mkdir -p "$STATE"
chain=""

# stage NAME OUTPUT COMMAND...: runs COMMAND unless it is done. Everything that the result depends on is in `chain`.
stage() {
  local name=$1 output=$2 key began
  shift 2
  local argument recipes=""
  for argument in "$@"; do
    case $argument in *.toml | *.py) recipes+=$(sha256sum <"$argument") ;; esac
  done
  key=$(printf '%s\n' "$chain" "$*" "$recipes" | sha256sum | cut -d' ' -f1)
  chain=$key
  if [ "$(cat "$STATE/$name.done" 2>/dev/null || true)" = "$key" ] && [ -e "$output" ]; then
    printf '\n== %s: done before (%s s)\n' "$name" "$(cat "$STATE/$name.seconds")"
    return
  fi
  rm -f "$STATE/$name.done"
  if [ "$(cat "$STATE/$name.begun" 2>/dev/null || true)" != "$key" ]; then
    rm -rf "$output" "$STATE/$name.seconds"
    printf '%s' "$key" >"$STATE/$name.begun"
  fi
  began=$(date +%s)
  printf '\n== %s\n$' "$name"
  if [ "$1" = result_to ]; then
    printf ' %q' "${@:3}"
    printf ' > %q\n' "$2"
  else
    printf ' %q' "$@"
    printf '\n'
  fi
  if ! finished "$name" "$output"; then
    # Time of an attempt that was stopped counts, too.
    trap "add_seconds $name $began" EXIT
    "$@"
    trap - EXIT
  fi
  add_seconds "$name" "$began"
  printf '%s' "$key" >"$STATE/$name.done"
}

add_seconds() {
  local before
  before=$(cat "$STATE/$1.seconds" 2>/dev/null || echo 0)
  printf '%s' $((before + $(date +%s) - $2)) >"$STATE/$1.seconds"
}

# Whether a stopped stage had in fact finished; clears away what it cannot go on from.
finished() {
  case $1 in
    corpus) [ -e "$2/run.json" ] && [ ! -e "$2/state" ] ;;
    finetune | finetune-random)
      [ -e "$2/results.json" ] && return 0
      [ -d "$2/seeds" ] || rm -rf "$2"
      return 1
      ;;
    pretrain) return 1 ;; # goes on from its last checkpoint
    *) rm -rf "$2"; return 1 ;;
  esac
}

lmkor() { "$BIN/lmkor" "$@"; }

# result_to FILE COMMAND...: what the command prints, in FILE and on the screen.
result_to() {
  "${@:2}" >"$1.part"
  mv "$1.part" "$1"
  cat "$1"
}

echo "demo: lmkor is $BIN/lmkor, results go to $OUT/"

if [ "$DATA" = "$OUT/data" ]; then
  stage data "$DATA" python3 examples/make_reviews.py --output "$DATA" --documents 60000 --examples 9000
  vocabulary=(--size 6000 --unused 200)
  recipe=(--config recipes/electra-tiny-demo.toml)
  tuning=(--config recipes/nsmc-demo.toml)
else
  vocabulary=(--size 42000 --unused 2000)
  recipe=(--config recipes/electra-small-cpu.toml --set train.minutes="$MINUTES")
  tuning=(--config recipes/nsmc-cpu.toml)
fi
stage corpus "$OUT/corpus" lmkor corpus build --input "$DATA/corpus" --output "$OUT/corpus"
stage vocab "$OUT/vocab" lmkor vocab train --input "$OUT/corpus" --output "$OUT/vocab" "${vocabulary[@]}"
stage shards "$OUT/shards" lmkor shard --input "$OUT/corpus" --tokenizer "$OUT/vocab" --output "$OUT/shards"
stage pretrain "$OUT/pretrain" lmkor pretrain "${recipe[@]}" --data "$OUT/shards" --output "$OUT/pretrain"
stage finetune "$OUT/finetune" lmkor finetune "${tuning[@]}" --model "$OUT/pretrain/model" --task nsmc \
  --data "$DATA/tasks" --output "$OUT/finetune" --seeds 3
if [ "$DATA" != "$OUT/data" ]; then
  # The same network without pretraining: what pretraining is worth.
  stage finetune-random "$OUT/finetune-random" lmkor finetune "${tuning[@]}" --model "$OUT/pretrain/model" \
    --random-weights --task nsmc --data "$DATA/tasks" --output "$OUT/finetune-random" --seeds 3
fi
stage evaluate "$OUT/evaluate.json" result_to "$OUT/evaluate.json" \
  lmkor evaluate --model "$OUT/finetune/model" --task nsmc --data "$DATA/tasks/nsmc/test.tsv" --json

echo
"$BIN/demo_summary" "$OUT"
