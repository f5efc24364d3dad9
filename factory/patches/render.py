"""What is made of a patch: its reverse, the paths that it touches, its canonical text."""

from __future__ import annotations

from factory.patches.parse import FilePatch, Hunk, Patch


def reverse(patch: Patch) -> Patch:
    """The patch that undoes `patch`."""
    swap = {"+": "-", "-": "+", " ": " "}
    files = []
    for file in reversed(patch.files):
        if file.is_copy:
            files.append(FilePatch(file.new_path, "", is_deleted=True, is_git=True))
            continue
        hunks = []
        for hunk in file.hunks:
            lines = _minus_first([swap[line[0]] + line[1:] for line in hunk.lines])
            hunks.append(Hunk(hunk.new_start, hunk.old_start, tuple(lines), hunk.recounted))
        files.append(
            FilePatch(
                file.new_path,
                file.old_path,
                tuple(hunks),
                file.is_deleted,
                file.is_new,
                file.is_rename,
                False,
                file.is_git,
            )
        )
    return Patch(tuple(files))


def _minus_first(lines: list[str]) -> list[str]:
    """Inside each run of changes, minus lines before plus lines, as diff writes them."""
    result: list[str] = []
    plus: list[str] = []
    for line in lines:
        if line[0] == "+":
            plus.append(line)
        elif line[0] == "-":
            result.append(line)
        else:
            result += [*plus, line]
            plus = []
    return result + plus


def touched(patch: Patch) -> tuple[str, ...]:
    """Every path that the patch reads or writes, once, in order."""
    return tuple(dict.fromkeys(path for file in patch.files for path in (file.old_path, file.new_path) if path))


def render(patch: Patch) -> str:
    """Canonical git diff text: counts fit, `a/` and `b/` prefixes, LF."""
    out: list[str] = []
    for file in patch.files:
        old, new = file.old_path or file.new_path, file.new_path or file.old_path
        out.append(f"diff --git a/{old} b/{new}\n")
        if file.is_new:
            out.append("new file mode 100644\n")
        if file.is_deleted:
            out.append("deleted file mode 100644\n")
        if file.is_rename or file.is_copy:
            word = "rename" if file.is_rename else "copy"
            out.append(f"{word} from {old}\n{word} to {new}\n")
        if file.hunks:
            tab = "\t" if " " in old or " " in new else ""
            out.append(f"--- a/{file.old_path}{tab}\n" if file.old_path else "--- /dev/null\n")
            out.append(f"+++ b/{file.new_path}{tab}\n" if file.new_path else "+++ /dev/null\n")
        for hunk in file.hunks:
            num_old, num_new = len(hunk.before), len(hunk.after)
            out.append(
                f"@@ -{hunk.old_start},{num_old} +{hunk.new_start},{num_new} @@\n" if hunk.old_start >= 0 else "@@\n"
            )
            for line in hunk.lines:
                out.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(out)
