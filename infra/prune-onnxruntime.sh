#!/bin/sh
# onnxruntime-node brings its library for every system: keeps the one of this machine. onnxruntime-web's WebAssembly is for
# browsers: its modules stay, because transformers.js imports them. $1: the deployed folder.
set -eu
arch=$(node -p process.arch)
for bin in "$1"/node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node/bin/napi-v*; do
  [ -d "$bin/linux/$arch" ] || continue
  find "$bin" -mindepth 1 -maxdepth 1 -type d ! -name linux -exec rm -rf {} +
  find "$bin/linux" -mindepth 1 -maxdepth 1 -type d ! -name "$arch" -exec rm -rf {} +
done
find "$1"/node_modules/.pnpm/onnxruntime-web@*/node_modules/onnxruntime-web/dist \( -name '*.wasm' -o -name '*.map' \) -delete
