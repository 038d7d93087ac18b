"""No bad document costs more than itself: `python -m bench.hostile [--seed S] [--each N] [--engine E] [--json]`.

Exit status 1 where a worker was lost, or a document did not end or failed without a reason.
"""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bench.hostile import ordeal
from bench.hostile.corpus import EACH, corpus


def main(
    seed: Annotated[int, typer.Option(help="Of the damaged copies.")] = 1,
    each: Annotated[int, typer.Option(help="Damaged copies of each good file.")] = EACH,
    engine: Annotated[str, typer.Option(help="OCR engine.")] = "null",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Send the corpus through a real worker."""
    with tempfile.TemporaryDirectory(prefix="ocrfleet-hostile-") as folder:
        report = ordeal.run(corpus(seed, each), Path(folder), engine=engine).describe()
    typer.echo(json.dumps(report, indent=None if as_json else 2))
    raise typer.Exit(int(report["worker_lost"] or report["unfinished"] > 0 or report["without_reason"] > 0))


if __name__ == "__main__":
    typer.run(main)
