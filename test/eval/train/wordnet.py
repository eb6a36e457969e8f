"""What WordNet 3.0 says of the words of a vocabulary (the folder of Debian's wordnet-base)."""

from collections import defaultdict
from pathlib import Path

POS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
# Senses per part of speech, the frequent ones first: rarer ones make synonyms of everything.
SENSES_MAX = {"noun": 4, "verb": 4, "adj": 3, "adv": 2}
DETACH = {
    "noun": [("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")],
    "verb": [("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")],
    "adj": [("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
    "adv": [],
}


class WordNet:
    def __init__(self, folder: str):
        self.index: dict[str, dict[str, list[str]]] = {}
        self.exceptions: dict[str, dict[str, str]] = {}
        self.hypernym: dict[str, str] = {}
        self.derived: dict[str, set[str]] = defaultdict(set)
        self.opposites: set[tuple[str, str]] = set()
        for pos in POS:
            self._read(Path(folder), pos)

    def _read(self, folder: Path, pos: str) -> None:
        tag = POS[pos]
        self.index[pos] = {}
        for line in open(folder / f"index.{pos}"):
            if line.startswith("  "):
                continue
            parts = line.split()
            count = int(parts[2])
            self.index[pos][parts[0]] = [tag + offset for offset in parts[-count:]]
        exceptions = folder / f"{pos}.exc"
        self.exceptions[pos] = {}
        if exceptions.exists():
            for line in open(exceptions):
                form, lemma, *_ = line.split()
                self.exceptions[pos][form] = lemma
        words: dict[str, list[str]] = {}
        rows = [line.split(" | ")[0].split() for line in open(folder / f"data.{pos}") if not line.startswith("  ")]
        pointers = []
        for parts in rows:
            synset, count = tag + parts[0], int(parts[3], 16)
            words[synset] = [parts[4 + 2 * i].split("(")[0].lower() for i in range(count)]
            at = 4 + 2 * count
            for i in range(int(parts[at])):
                kind, offset, other, fields = parts[at + 1 + 4 * i : at + 5 + 4 * i]
                pointers.append((synset, kind, other + offset, fields))
        self._link(words, pointers)

    def _link(self, words, pointers) -> None:
        self.words = {**getattr(self, "words", {}), **words}
        self.pending = getattr(self, "pending", []) + pointers

    def link(self) -> "WordNet":
        for synset, kind, other, fields in self.pending:
            if kind in ("@", "@i") and synset not in self.hypernym:
                self.hypernym[synset] = other
            # An adjective has no hypernym; the one it is similar to stands for it.
            if kind == "&" and synset not in self.hypernym:
                self.hypernym[synset] = other
            source, target = int(fields[:2], 16), int(fields[2:], 16)
            if source == 0 or target == 0 or other not in self.words:
                continue
            pair = (self.words[synset][source - 1], self.words[other][target - 1])
            if kind == "!":
                self.opposites.add(tuple(sorted(pair)))
            elif kind in ("+", "\\"):
                self.derived[pair[0]].add(pair[1])
        return self

    def lemmas(self, word: str, pos: str) -> list[str]:
        """The dictionary forms of a word."""
        irregular = self.exceptions[pos].get(word)
        if irregular in self.index[pos]:
            return [irregular]
        found = [word] if word in self.index[pos] else []
        for ending, put in DETACH[pos]:
            base = word[: len(word) - len(ending)] + put
            if word.endswith(ending) and base in self.index[pos] and base not in found:
                found.append(base)
        return found

    def senses(self, word: str) -> list[str]:
        found: list[str] = []
        for pos, most in SENSES_MAX.items():
            for lemma in self.lemmas(word, pos):
                found += [s for s in self.index[pos][lemma][:most] if s not in found]
        return found
