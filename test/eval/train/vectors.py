"""The vectors that embed.mjs left."""

import json
from pathlib import Path

import numpy as np


class Vectors:
    def __init__(self, cache: str, dimensions: int = 384):
        folder = Path(cache)
        texts = [json.loads(line) for line in open(folder / "texts.jsonl", encoding="utf8") if line.strip()]
        self.at = {text: i for i, text in enumerate(texts)}
        self.matrix = np.memmap(folder / "vectors.f32", dtype="<f4", mode="r").reshape(-1, dimensions)

    def of(self, texts: list[str]) -> np.ndarray:
        return np.array(self.matrix[[self.at[text] for text in texts]])
