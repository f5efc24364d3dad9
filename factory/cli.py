"""The `factory` command."""


def main() -> None:
    raise SystemExit("under construction")
