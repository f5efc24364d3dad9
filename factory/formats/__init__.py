"""Raw formats: one file each. A format turns one raw record into one Trajectory.

A member is a module with
  VERSION: str                     raised when its output changes
  WHOLE_FILE: bool                 the object is the unit (a session log), not a record of it
  sniff(value) -> str              why it is this format, or "" when it is not; never raises
  parse(value) -> Trajectory | list[Trajectory]     RowError("format_mismatch", path of the field) when it does not fit;
                                   a list only where one object holds many runs that no container splits
`value` is the decoded JSON of one record; for WHOLE_FILE formats the list of decoded lines, or the text.
"""

from __future__ import annotations

# name -> module under factory.formats, imported when first used; the order is the order of detection
FORMATS: dict[str, str] = {}
