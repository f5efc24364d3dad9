"""What counts as evidence in each domain: one file each.

A member is a module with VERSION and
  collect(trajectory: Trajectory, settings: recipe.Compile, side: SideInputs) -> Collected
It raises RowError when the run cannot become an example. Texts are as the agent saw them: the compile
stage cleans, packs, and lets the gold pass its own verifier.
"""

from __future__ import annotations

from typing import NamedTuple

from factory.records import Evidence, GroundTruth

# domain -> module under factory.domains, imported when first used
DOMAINS: dict[str, str] = {"search": "search", "swe": "swe", "sql": "sql"}


class Collected(NamedTuple):
    evidence: list[Evidence]
    """Gold first, then tier1, then tier2; inside a role in the order the agent met them. Names are distinct."""
    ground_truth: GroundTruth
    """The trajectory's, completed (the executed gold result, for example)."""
    dropped: dict[str, int]
    """Pieces left out, by reason, such as `holds_answer`."""
