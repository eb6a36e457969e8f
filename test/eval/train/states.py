"""The token states that states.mjs left."""

import json
from pathlib import Path

import numpy as np

DIMENSIONS = 384


class States:
    def __init__(self, cache: str):
        folder = Path(cache)
        self.matrix = np.memmap(folder / "states.f16", dtype="<f2", mode="r").reshape(-1, DIMENSIONS)
        self.at: dict[str, tuple[int, int]] = {}
        start = 0
        for line in open(folder / "lengths.jsonl", encoding="utf8"):
            text, tokens = json.loads(line)
            if tokens > 0:
                self.at[text] = (start, tokens)
            start += tokens

    def __contains__(self, text: str) -> bool:
        return text in self.at

    def of(self, text: str) -> np.ndarray:
        """float16 [tokens, 384]."""
        start, tokens = self.at[text]
        return self.matrix[start : start + tokens]
