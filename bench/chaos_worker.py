"""`ocrfleet-worker` for bench.chaos: the product as it is, with `bench.poison` in the null engine's place."""

import sys

from bench import poison
from workers.cli import main

sys.modules["workers.ocr.null"] = poison

if __name__ == "__main__":
    main()
