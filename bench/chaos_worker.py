"""`ocrfleet-worker` for bench.chaos: the product as it is, with `bench.poison` in the null engine's place."""

from workers.cli import main
from workers.ocr import ENGINES

ENGINES["null"] = "bench.poison"

if __name__ == "__main__":
    main()
