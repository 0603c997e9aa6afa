"""Paths that came from elsewhere, and the folder that they must stay in."""

from pathlib import Path


class PathError(ValueError):
    """A path or an id that may not become a file name."""


def inside(folder: Path, path: Path) -> Path:
    """`path` (a relative one is below `folder`), links followed. Raises `PathError` when it is not inside `folder`."""
    root = folder.resolve()
    try:
        found = (root / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise PathError(f"{str(path)!r} is no path") from error
    if not found.is_relative_to(root) or found == root:
        raise PathError(f"{str(path)!r} is not inside {folder.name!r}")
    return found


def file_inside(folder: Path, path: Path) -> Path | None:
    """The same for a file that is there; None for one that is not, or that lies elsewhere."""
    try:
        found = inside(folder, path)
        return found if found.is_file() else None
    except (PathError, OSError):
        return None
