#!/bin/sh
# Trains the joint encoder after run.sh: joint.sh WORK_DIR STREAM.jsonl FILE.jsonl ...   (see ../README.md)
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
# Each step gives back and asks for hundreds of megabytes otherwise.
export MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=10000000000
PYTHON=${PYTHON:-/usr/bin/python3}
work=$(realpath "$1"); stream=$(realpath "$2"); shift 2
files=""; sets=""
for file in "$@"; do
  files="$files $(realpath "$file")"
  sets="$sets $(basename "$file" .jsonl)"
done
cd "$(dirname "$0")"
model=../../../packages/verifier/model
embedder=../../../packages/model-minilm/model/onnx/model_int8.onnx
mkdir -p "$work/joint-first" "$work/joint"
node generate.mjs --lexicon "$model/lexicon.bin" --seed 2 --per-rule 1500 --out "$work/generated_all.jsonl" $files
awk 'NR % 2 == 1' "$work/generated_all.jsonl" > "$work/generated_more.jsonl"
node embed.mjs --cache "$work/vectors" "$work/generated_more.jsonl" "$stream"
"$PYTHON" stream_pairs.py --cache "$work/vectors" --stream "$stream" --out "$work/stream_pairs.jsonl"
made="$work/generated_more.jsonl $work/stream_pairs.jsonl"
node features.mjs --cache "$work/vectors" --lexicon "$model/lexicon.bin" --out "$work/features" $made
for file in "$work"/written_*.jsonl; do
  made="$made $file"
  sets="$sets $(basename "$file" .jsonl)"
done
node states.mjs --cache "$work/states" "$work/generated.jsonl" $made $files
sets="generated generated_more $sets traffic_pairs stream_pairs"
learn="joint.py --features $work/features --states $work/states --embedder $embedder --stream $stream"
"$PYTHON" $learn --epochs 2 --out "$work/joint-first" $sets
"$PYTHON" $learn --epochs 1 --wide --resume "$work/joint-first/joint.pt" --out "$work/joint" $sets
"$PYTHON" joint_export.py --weights "$work/joint/joint.pt" --out "$model/joint.onnx"
node joint-scores.mjs --model "$model/joint.onnx" --states "$work/states" --pairs "$work/joint/pairs.jsonl" --out "$work/joint/scores.f64"
judge="--features $work/features --scores $work/joint --stream-set stream_pairs --stream $stream"
"$PYTHON" fuse.py $judge $sets
"$PYTHON" joint_write.py $judge --version j2 --verifier 3 --out "$model" $sets
