"""One worker: picks its GPU, warms the engine, then lets Celery take jobs until told to stop."""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from billiard.process import current_process
from celery import Celery

from config.celery_app import make_app, make_sender
from config.settings import Settings, unknown_names
from jobs.errors import LedgerShut, LedgerUnavailable, UsageError
from jobs.health import check_store
from jobs.ledger import Ledger
from jobs.store import Store
from workers import tasks
from workers.job.drain import Drain
from workers.job.note import Note, Notes
from workers.job.resources import Resources
from workers.llm.client import EngineClient
from workers.llm.engines import Engines
from workers.llm.service import EngineService
from workers.machine.cgroup import cores
from workers.machine.gpu import Gpu, resolve_gpus
from workers.machine.temporary import check_work_dir, temporary_folder
from workers.models import find_model
from workers.node import lifecycle
from workers.node.child import Child
from workers.node.death import Deaths
from workers.node.gate import install_gate
from workers.node.held import Held
from workers.node.liveness import Liveness
from workers.node.namesake import Namesake
from workers.node.pool import make_pool
from workers.node.pulse import Pulse, install_pulse
from workers.node.recycling import START_AGAIN, Recycling
from workers.ocr.check import check_engine
from workers.ocr.cuda.processes import OcrProcesses
from workers.remote import answers
from workers.vocabulary import load_lexicon

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What `ocrfleet-worker run` was told."""

    gpu: str
    concurrency: int
    queues: tuple[str, ...]
    name: str | None


def run_node(settings: Settings, options: NodeOptions) -> int:
    """Run a worker until it is stopped. Returns the exit status: 0 after a clean stop, 75 to be started again.

    Raises:
        ModelError: no usable model.
        OcrUnavailable: the OCR engine or the OCR device that was asked for can't run here.
        StoreUnavailable: the store can't be written to, or is another one than the fleet's.
        LedgerShut: Redis doesn't let us in. One that is away is waited for.
        UsageError: no such GPU, or no work_dir to write to.
    """
    for unknown in unknown_names():
        log.warning("%s", unknown, extra={"event": "setting.unknown"})
    check_work_dir(settings.work_dir)
    _look_at_store(settings)
    gpus = resolve_gpus(options.gpu)
    if settings.engine != "auto":
        log.info("OCR engine: %s, since it was asked for.", check_engine(settings.engine, settings))
    name = node_name(settings, options, gpus)
    concurrency = options.concurrency or settings.concurrency or cores()
    model = find_model(settings)
    with (
        temporary_folder(settings.work_dir) as temporary,
        # Started here, from the main thread: the keeper dies with the thread that started it.
        closing(Engines(tuple(EngineService(model, settings, gpu) for gpu in gpus))) as engines,
        closing(OcrProcesses(settings, gpus)) as ocr,
    ):
        if ocr.come_first:
            ocr.start()
        engines.launch()
        _prepare(settings, name)
        recycling = Recycling(settings, engines)
        app = _assemble(settings, name, concurrency, Held(engines, ocr), recycling, temporary)
        engines.warm_up()
        if not ocr.come_first:  # it takes what the engine leaves
            ocr.start()
        status = _work(app, name, concurrency, options.queues)
    _leave(settings, name)
    return START_AGAIN if recycling.begun else status


def _look_at_store(settings: Settings) -> None:
    store = Store(settings.store_url)
    store.check()
    if store.batches():
        log.info("Store: %s.", store.address)
    else:
        advice = "If documents were submitted, set OCRFLEET_STORE_URL as where they were"
        log.warning("The store at %s is empty. %s.", store.address, advice, extra={"event": "store.empty"})


def node_name(settings: Settings, options: NodeOptions, gpus: tuple[Gpu | None, ...]) -> str:
    """Name the worker as Flower and the ledger show it: `gpu0@host`, `gpu0-1@host`, `cpu@host`."""
    indexes = "-".join(str(gpu.index) for gpu in gpus if gpu)
    return f"{options.name or (f'gpu{indexes}' if indexes else 'cpu')}@{settings.node}"


def _prepare(settings: Settings, name: str) -> None:
    """What need not wait for the model. All that delays a start delays the jobs of a worker that was killed."""
    with ThreadPoolExecutor(1) as thread:  # it has ended before Celery forks
        arriving = thread.submit(_arrive, settings, name)  # takes long where Redis is away
        load_lexicon()  # before the fork: the children share its 100 MiB
        arriving.result()


def _arrive(settings: Settings, name: str) -> None:
    """Give back what a worker of this name held when it was killed, before its leases lapse and this one is warm."""
    ledger, store = Ledger.of(settings), Store(settings.store_url)
    try:
        if name in ledger.nodes() and answers(settings, name):
            raise UsageError(
                f"A worker {name} runs already, here or on another machine, and would lose its jobs to this one. "
                "Name this one otherwise: ocrfleet-worker run --name NAME, or its machine: OCRFLEET_NODE"
            )
        check_store(store, ledger)
        if count := ledger.arrive(name):
            log.info("Gave back %d jobs of a predecessor.", count, extra={"event": "node.arrived"})
    except LedgerShut:
        raise
    except LedgerUnavailable as error:  # they lapse by themselves
        log.warning("Arrived without a word: %s", error, extra={"event": "node.arrived"})


def _leave(settings: Settings, name: str) -> None:
    """Take the worker off the list of the living: what it held is free, so its machine may go."""
    try:
        Ledger.of(settings).leave(name)
    except LedgerUnavailable as error:  # its last sign lapses by itself
        log.warning("Left without a word: %s", error, extra={"event": "node.left"})


def _assemble(
    settings: Settings, name: str, concurrency: int, held: Held, recycling: Recycling, temporary: Path
) -> Celery:
    app = make_app(settings)
    send, drain, notes = make_sender(app), Drain(), Notes(concurrency)
    deaths = Deaths(notes, settings.job_timeout_s)

    def open_resources(note: Note) -> Resources:
        place = current_process().index
        model = EngineClient(held.engines.socket_path(place), settings.ask_timeout_s)
        ocr_gpu = held.ocr.socket_path(place)
        return Resources(settings, node=name, model=model, send=send, drain=drain, note=note, ocr_gpu=ocr_gpu)

    child = Child(settings, notes, open_resources)
    tasks.register(app, child.resources)
    install_gate(app)
    app.conf.worker_pool = make_pool(is_spent=child.is_spent, on_exit=deaths.child_ended)
    lifecycle.install(app, engine=held, drain=drain, temporary=temporary)
    lifecycle.install_children(memory_mib=settings.child_memory_mib, begin=child.begin, close=child.close)
    install_pulse(
        Pulse(
            app=app,
            ledger=Ledger.of(settings),
            store=Store(settings.store_url),
            send=send,
            engine=held,
            deaths=deaths,
            recycling=recycling,
            liveness=Liveness(recycling.begin),
            namesake=Namesake(recycling.begin),
            drain=drain,
            node=name,
            concurrency=concurrency,
            drain_timeout_s=settings.job_timeout_s,
        )
    )
    return app


def _work(app: Celery, name: str, concurrency: int, queues: tuple[str, ...]) -> int:
    arguments = ["worker", "--pool=prefork", f"--concurrency={concurrency}", f"--queues={','.join(queues)}"]
    arguments += [f"--hostname={name}", "--events", "--loglevel=INFO", "--without-mingle"]
    try:
        app.worker_main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
