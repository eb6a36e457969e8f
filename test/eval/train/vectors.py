"""The vectors that embed.mjs left."""

import json
from pathlib import Path

import numpy as np

# What serving takes for a candidate.
COSINE_MIN = 0.7
BLOCK = 2000


class Vectors:
    def __init__(self, cache: str, dimensions: int = 384):
        folder = Path(cache)
        texts = [json.loads(line) for line in open(folder / "texts.jsonl", encoding="utf8") if line.strip()]
        self.at = {text: i for i, text in enumerate(texts)}
        self.matrix = np.memmap(folder / "vectors.f32", dtype="<f4", mode="r").reshape(-1, dimensions)

    def of(self, texts: list[str]) -> np.ndarray:
        return np.array(self.matrix[[self.at[text] for text in texts]])


def near(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices (later, earlier) of all pairs whose cosine is at least COSINE_MIN, row after row; never all cosines at once."""
    parts = []
    for start in range(0, len(vectors), BLOCK):
        end = min(start + BLOCK, len(vectors))
        later, earlier = np.nonzero(vectors[start:end] @ vectors[:end].T >= COSINE_MIN)
        later += start
        parts.append((later[earlier < later], earlier[earlier < later]))
    later, earlier = (np.concatenate(side) for side in zip(*parts))
    return later, earlier
