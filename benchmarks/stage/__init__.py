"""What the benchmarks stand on: real parts, contestants, measures. `realparts` comes from the tests' provisioning."""

import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
"""The folder of the benchmarks."""
sys.path.insert(0, str(HERE.parent))  # else the benchmark `ingest.py` would hide the product's `ingest`
sys.path.append(str(HERE.parent / "tests" / "provision"))
sys.path.insert(0, str(HERE.parent))  # before this folder, whose `ingest.py` is not the package
