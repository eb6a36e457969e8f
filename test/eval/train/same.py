"""What belongs together, over any number of steps."""


class Same:
    """Disjoint sets of names (union-find); a name that was never joined stands for itself."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        """The one that stands for all that are joined with it."""
        parent = self.parent
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(self, name: str, to: str) -> None:
        self.parent[self.root(name)] = self.root(to)
