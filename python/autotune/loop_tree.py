"""The loops of a scheduled workload as a tree: finding one's way in their JSON form."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Band:
    """A band on the way to a statement.

    Attributes:
        number: Pre-order number.
        members: JSON of its members, outermost first.
        is_plain: Whether its loops are neither unrolled nor vectors.
    """

    number: int
    members: list[dict[str, Any]]
    is_plain: bool


def path_to(tree: dict[str, Any], statement: str) -> list[Band]:
    """Returns the bands around a statement, outermost first; none for one that is not there."""
    return _find(tree, statement, [], is_plain=True) or []


def _find(
    node: dict[str, Any], statement: str, above: list[Band], is_plain: bool
) -> list[Band] | None:
    if node["kind"] == "leaf":
        return above if node["statement"] == statement else None
    if node["kind"] == "band":
        above = [*above, Band(int(node["number"]), node["members"], is_plain)]
    if node["kind"] == "mark":
        is_plain = is_plain and not node["label"].startswith(("unroll", "vectorize"))
    for child in node["children"]:
        found = _find(child, statement, above, is_plain)
        if found is not None:
            return found
    return None


def outermost_bands(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the bands that no other is around, in order."""
    if tree["kind"] == "band":
        return [tree]
    return [band for child in tree.get("children", []) for band in outermost_bands(child)]


def bands(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns all bands, in the order of their numbers."""
    below = [band for child in tree.get("children", []) for band in bands(child)]
    return [tree, *below] if tree["kind"] == "band" else below


def num_parts(band: dict[str, Any]) -> int:
    """Returns how many parts the body of a band consists of."""
    (body,) = band["children"]
    return len(body["children"]) if body["kind"] == "sequence" else 1


def num_statements(tree: dict[str, Any]) -> int:
    """Returns the number of statements below a node."""
    if tree["kind"] == "leaf":
        return 1
    return sum(num_statements(child) for child in tree["children"])


def is_tiled(band: dict[str, Any]) -> bool:
    """Whether the band's loops run over tiles."""
    return any(int(member["stride"]) > 1 for member in band["members"])
