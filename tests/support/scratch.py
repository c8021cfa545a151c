"""A cache folder for contexts that are made while modules are imported, where no fixture can give one."""

import atexit
import shutil
import tempfile
from pathlib import Path

CACHE = Path(tempfile.mkdtemp(prefix="bench-tests-"))
"""Outside the repository, and removed when the process ends."""

atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
