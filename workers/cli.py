"""The `ocrfleet-worker` command: run, read, free, engine, drain, doctor, models."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from config.logging import configure_logging
from config.queue import QUEUES
from config.settings import Engine, Settings, WrongSettings, read_settings
from jobs.contract import Mode, TextLayerUse
from jobs.errors import ModelError, OcrFleetError, RetryableError, UsageError
from jobs.password import read_passwords
from jobs.version import version_option
from workers.models.cli import app as models_app

STATUSES = (
    "Exit status: 0 all well; 1 a document or a command failed, or `doctor` found an error; 2 wrong usage; "
    "4 Redis, the store, the model or the OCR engine is not available; 75 start me again (`run`)."
)

app = typer.Typer(
    help="A worker node of ocrfleet.",
    epilog=STATUSES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # a traceback with values of variables would put them into the log
)
app.add_typer(models_app, name="models")


@app.callback()
def worker(version: Annotated[bool, version_option("ocrfleet-worker")] = False) -> None:
    """What stands before a command."""


EngineOption = Annotated[Engine | None, typer.Option(help="OCR engine where a batch names none; default auto.")]
HostArgument = Annotated[
    str | None,
    typer.Argument(metavar="WORKER", help="A worker's name as in Flower, e.g. gpu0@host; default: all that live."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(
    gpu: Annotated[str, typer.Option(help="GPU of this worker: auto, all, an index, a UUID, or cpu.")] = "auto",
    concurrency: Annotated[int, typer.Option(min=0, help="OCR children; 0: one per core.")] = 0,
    queues: Annotated[str, typer.Option(help="Queues to serve, preferred first.")] = ",".join(QUEUES),
    name: Annotated[str | None, typer.Option(help="Name in Flower, before @host; default gpuN or cpu.")] = None,
    engine: EngineOption = None,
) -> None:
    """Take jobs until stopped.

    SIGTERM finishes the page in flight and hands the rest back.
    """
    from workers.node.worker import NodeOptions, run_node

    configure_logging()
    chosen = tuple(queue.strip() for queue in queues.split(","))
    if unknown := set(chosen) - set(QUEUES):
        raise UsageError(f"No queue {', '.join(sorted(unknown))}. There are: {', '.join(QUEUES)}")
    settings = _settings(engine)
    raise typer.Exit(run_node(settings, NodeOptions(gpu=gpu, concurrency=concurrency, queues=chosen, name=name)))


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An invoice: PDF or image.")],
    prompt: Annotated[str, typer.Option(help="finance, medical, or a file with your own.")] = "finance",
    mode: Annotated[
        Mode | None, typer.Option(help="off; guarded (follows the prompt); constrained (hardly does).")
    ] = None,
    pages: Annotated[str, typer.Option(help="Which pages: 1-3,7,-1. Default: all.")] = "",
    text_layer: Annotated[
        TextLayerUse, typer.Option(help="A PDF's own text: auto (where it is sound), ignore, or only.")
    ] = "auto",
    password_file: Annotated[Path | None, typer.Option(help="Passwords of PDFs, one a line.")] = None,
    gpu: Annotated[str, typer.Option(help="auto, an index, a UUID, or cpu.")] = "auto",
    engine: EngineOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what the engine does.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Read and correct one document, without Redis."""
    from workers.reading import print_result, read_file

    configure_logging("INFO" if verbose else "WARNING")
    passwords = read_passwords(password_file) if password_file else ()
    result = read_file(
        file,
        _settings(engine),
        prompt=prompt,
        mode=mode,
        gpu=gpu,
        pages=pages,
        text_layer=text_layer,
        passwords=passwords,
    )
    print_result(result, as_json=as_json)


@app.command()
def free(host: HostArgument = None, as_json: JsonOption = False) -> None:
    """Free the model's memory on running workers.

    The next page loads it again.
    """
    from workers.remote import ask

    answers = ask(read_settings(), "free", host)
    if as_json:
        typer.echo(json.dumps(answers))
        return
    for worker, answer in answers.items():
        typer.echo(f"{worker}: {'; '.join(f'{key}: {value}' for key, value in answer.items())}")


@app.command()
def engine(host: HostArgument = None, as_json: JsonOption = False) -> None:
    """Show what the engines of running workers do.

    Their queue, tokens a second, drafts, answers kept, memory.
    """
    from workers.remote import ask

    answers = ask(read_settings(), "engine", host)
    if as_json:
        typer.echo(json.dumps(answers))
        return
    for worker, engines in answers.items():
        for device, facts in engines.items():
            typer.echo(f"{worker}, {device}")
            for name, value in facts.items():
                typer.echo(f"    {name:24} {value}")


@app.command()
def drain(
    host: HostArgument = None,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Longest wait in seconds.")] = 600,
    as_json: JsonOption = False,
) -> None:
    """Let workers end what is in flight, then end.

    They hand the rest back and free the GPU. Says when a node is safe to switch off.
    """
    from workers.remote import drain as drain_workers

    gone: dict[str, bool] = {}
    for worker, ended in drain_workers(read_settings(), host, timeout_s):
        gone[worker] = ended
        if not as_json:
            typer.echo(f"{worker}: {'ended; its node is safe to switch off' if ended else 'still working'}")
    if as_json:
        typer.echo(json.dumps(gone))
    raise typer.Exit(0 if all(gone.values()) else 1)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Look this node over; say what mends it.

    Python, memory, GPU, llama.cpp, Flower, Redis, store, model, OCR engines and licences. Status 1 if one is an error.
    """
    from workers.doctor import examine, print_findings

    configure_logging("ERROR")
    raise typer.Exit(print_findings(examine(read_settings()), as_json=as_json))


def _settings(engine: Engine | None) -> Settings:
    settings = read_settings()
    return settings.model_copy(update={"engine": engine}) if engine else settings


def main() -> None:
    """Run the command; an error is one line and an exit status."""
    try:
        app()
    except (UsageError, WrongSettings) as error:
        _end(error, 2)
    except (ModelError, RetryableError) as error:
        _end(error, 4)
    except OcrFleetError as error:
        _end(error, 1)


def _end(error: Exception, status: int) -> None:
    typer.echo(f"ocrfleet-worker: {error}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
