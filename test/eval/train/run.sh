#!/bin/sh
# Trains the verifier from pair files: run.sh WORK_DIR FILE.jsonl ...   (see ../README.md)
set -eu
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
PYTHON=${PYTHON:-/usr/bin/python3}
work=$(realpath "$1"); shift
files=""; written="service technical everyday documents search vietnamese pairs faq"
sets="generated traffic_pairs"
for file in "$@"; do
  files="$files $(realpath "$file")"
  sets="$sets $(basename "$file" .jsonl)"
done
cd "$(dirname "$0")"
model=../../../packages/verifier/model
mkdir -p "$work/vectors" "$work/features" "$model"
node embed.mjs --cache "$work/vectors" --vocabulary $files
"$PYTHON" lexicon.py --cache "$work/vectors" --tokenizer ../../../packages/model-minilm/model/tokenizer.json \
  --wordnet "${WORDNET:-/usr/share/wordnet}" --out "$model/lexicon.bin"
node generate.mjs --lexicon "$model/lexicon.bin" --out "$work/generated.jsonl" $files
node embed.mjs --cache "$work/vectors" "$work/generated.jsonl"
from() { # NAME: what was written for this project, by kind
  case $1 in
    pairs) ls ../written/pairs-general.jsonl ../written/pairs-tech.jsonl ../written/pairs-vi.jsonl ;;
    *) echo "../written/$1.jsonl" ;;
  esac
}
made=""
for name in $written; do
  out="$work/written_$name.jsonl"
  node written.mjs --out "$out" $(from "$name")
  node embed.mjs --cache "$work/vectors" "$out"
  node written.mjs --cache "$work/vectors" --out "$out" $(from "$name")
  made="$made $out"
  sets="$sets written_$name"
done
"$PYTHON" traffic_pairs.py --cache "$work/vectors" --out "$work/traffic_pairs.jsonl" $made $files
node features.mjs --cache "$work/vectors" --lexicon "$model/lexicon.bin" --out "$work/features" "$work/generated.jsonl" "$work/traffic_pairs.jsonl" $made $files
"$PYTHON" leave_out.py --features "$work/features" --kinds $sets
"$PYTHON" train.py --features "$work/features" --out "$model" --version 3 $sets
