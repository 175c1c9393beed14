"""The code revision that artifacts name: git's commit, with `-dirty` where tracked files differ from it.

What a run itself rewrites (dvc.lock, metrics) and the parameters, which manifests hold in full, do not count.
"""

import subprocess
from pathlib import Path

NOT_CODE = (":!dvc.lock", ":!metrics", ":!plots", ":!params.yaml")


def code_revision(root: Path) -> str:
    head = _git(root, "rev-parse", "--verify", "HEAD")
    if not head:
        return "unknown"
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", *NOT_CODE)
    return f"{head}-dirty" if changed else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
