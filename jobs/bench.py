"""Measurements:  python -m jobs.bench NAME [options]     (NAME --help says what is measured and how)"""

from __future__ import annotations

import importlib
import sys

# name -> module under jobs, imported when asked for
BENCHES = {
    "compile": "bench_compile",
    "incremental": "bench_incremental",
    "memory": "bench_memory",
    "verify": "bench_verify",
    "answers": "bench_answers",
    "teacher": "bench_teacher",
    "prefill": "bench_prefill",
    "gpu": "bench_gpu",
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHES:
        print(f"{__doc__}\n\nknown: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    sys.argv[:2] = [f"jobs.bench {name}"]
    return importlib.import_module(f"jobs.{BENCHES[name]}").main() or 0


if __name__ == "__main__":
    raise SystemExit(main())
