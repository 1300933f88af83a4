"""Write the package of our profiles: `python -m tools.profiles [FILE]`, else dist/package.tgz."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.node import install
from tools.profiles.archive import packed
from tools.profiles.package import package
from tools.profiles.places import ROOT, TOOLS


def main() -> None:
    """Build the package into the file that the command line names."""
    install(TOOLS)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "package.tgz"
    files = package()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(packed(files))
    print(f"{target}: {len(files)} files")  # noqa: T201


if __name__ == "__main__":
    main()
