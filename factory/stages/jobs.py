"""Builds as jobs on a Ray cluster: the code that is here goes along, its log comes back, and so does its exit code."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import factory
from factory.errors import SettingsError

PACKAGES = ("factory", "jobs")
TRIES, PAUSE_SECONDS = 30, 2.0
"""How often and how far apart a job is handed to a cluster that cannot take it yet."""


def submit(address: str, arguments: Sequence[str], files: dict[str, bytes], variables: dict[str, str], say: Callable[[str], None]) -> int:
    """Run `python -m jobs.build ARGUMENTS` at the cluster's job server with `files` in its working folder.

    `say` gets the log as it is written. Returns the job's exit code, 1 where it was stopped or never ran."""
    from ray.job_submission import JobSubmissionClient

    try:
        client = JobSubmissionClient(address)
    except (ConnectionError, RuntimeError, ValueError) as e:
        raise SettingsError(f"`--address {address}`: no Ray job server answers there ({e}); it is the dashboard's, as http://HEAD:8265") from None
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder), files)
        entrypoint = shlex.join(["python", "-m", "jobs.build", *arguments])
        job = _sent(lambda: client.submit_job(entrypoint=entrypoint, runtime_env={"working_dir": folder, "env_vars": variables}), address)
    say(f"job {job} at {address}; Ctrl-C leaves it running, `ray job stop --address {address} {job}` ends it\n")
    asyncio.run(_follow(client, job, say))
    while not (info := client.get_job_info(job)).status.is_terminal():
        time.sleep(1)
    if info.driver_exit_code is None and str(info.status) != "SUCCEEDED":
        say(f"job {job}: {info.status}: {info.message}\n")
    return info.driver_exit_code if info.driver_exit_code is not None else int(str(info.status) != "SUCCEEDED")


def _sent(send: Callable[[], str], address: str) -> str:
    """The job's id. A cluster that has just come up says for a while that no agent can take the job."""
    for left in reversed(range(TRIES)):
        try:
            return send()
        except RuntimeError as e:
            if left and "try again" in str(e):
                time.sleep(PAUSE_SECONDS)
                continue
            raise SettingsError(f"`--address {address}`: Ray did not take the job: {(str(e).splitlines() or [type(e).__name__])[-1][:300]}") from None
    raise AssertionError


def stage(folder: Path, files: dict[str, bytes]) -> None:
    """Put our packages and `files` into `folder`: what runs there is what stands here."""
    root = Path(factory.__path__[0]).parent
    for package in PACKAGES:
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, data in files.items():
        (folder / name).write_bytes(data)


async def _follow(client: object, job: str, say: Callable[[str], None]) -> None:
    async for text in client.tail_job_logs(job):
        say(text)


def to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def variables(names: Sequence[str]) -> dict[str, str]:
    """Environment variables to take along, by name."""
    if missing := [name for name in names if name not in os.environ]:
        raise SettingsError(f"`--env {missing[0]}`: this variable is not set here")
    return {name: os.environ[name] for name in names}
