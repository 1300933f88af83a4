"""pyrofile-validator as a judge: a resource a line on standard input, "ok" or "refused" a line out.

It knows no profile of ours, so an extension that it does not know is no fault here.
"""

from __future__ import annotations

import json
import sys

from pyrofile_validator.config import ValidatorConfig
from pyrofile_validator.core.engine import Validator

validator = Validator(ValidatorConfig())
for line in sys.stdin:
    try:
        issues = validator.validate_resource(json.loads(line)).issues
        faults = [i for i in issues if i.code != "extension.unknown" and i.severity.name == "ERROR"]
        verdict = "refused" if faults else "ok"
    except Exception:  # it fell over the document
        verdict = "refused"
    sys.stdout.write(f"{verdict}\n")
