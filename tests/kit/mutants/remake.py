"""Ask every judge about every mutant again, and write `fixtures/mutants/verdicts.json`.

(cd tests/validators && npm ci --ignore-scripts)
python -m venv FOLDER && FOLDER/bin/pip install -r tests/validators/requirements.txt
python -m tests.kit.mutants.remake FOLDER/bin/python
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.kit.mutants.generator import mutants
from tests.kit.mutants.judges import elsewhere, refusing
from tests.kit.mutants.verdicts import FILE, text


def main() -> None:
    """Write the verdicts; the command line names the Python that has pyrofile-validator."""
    every = [(name, json.dumps(document)) for name, document in mutants()]
    texts = [document for _, document in every]
    others = elsewhere(texts, Path(sys.argv[1]))
    here = [refusing(document) for document in texts]
    letters = (inside + outside for inside, outside in zip(here, others, strict=True))
    FILE.write_text(text(zip((name for name, _ in every), letters, strict=True)), encoding="utf-8")


if __name__ == "__main__":
    main()
