"""Build a dataset as a job:  ray job submit --working-dir . -- python -m jobs.build RECIPE --out URI [--placement FILE]"""

import sys

from factory.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["build", *sys.argv[1:]]))
