"""The engine process: loads the model, says that it is warm, and answers clients until it is idle or ended.

The main thread moves frames; each lane's own thread decodes. The process ends by `os._exit`: the kernel frees
everything at once, and native destructors can't hang it.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
import time

from jobs.errors import ModelError
from workers.llm.engine import Engine
from workers.llm.native import OutOfMemory
from workers.llm.plan import EXIT_BAD_MODEL, EXIT_CRASH, EXIT_IDLE, EXIT_OUT_OF_MEMORY, EnginePlan, EngineStatus
from workers.llm.server import Server
from workers.machine.parent import die_with_parent

log = logging.getLogger(__name__)


def main() -> None:
    """Read the plan from the command line, load, serve, end."""
    plan = EnginePlan.model_validate_json(sys.argv[1])
    die_with_parent(plan.keeper_pid, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold pages' text
    logging.basicConfig(level=plan.log_level, format="%(asctime)s %(levelname)s engine: %(message)s")
    status = EXIT_CRASH
    try:
        status = _run(plan)
    except Exception:
        log.exception("the engine fails")
    finally:
        os._exit(status)


def _run(plan: EnginePlan) -> int:
    started = time.monotonic()
    try:
        engine = Engine(plan)
    except OutOfMemory as error:
        return _report(plan, error, EXIT_OUT_OF_MEMORY)
    except ModelError as error:
        return _report(plan, error, EXIT_BAD_MODEL)
    _write(plan, EngineStatus(ready=True))
    try:
        asyncio.run(Server(plan, engine, time.monotonic() - started).run())
    except OutOfMemory as error:
        return _report(plan, error, EXIT_OUT_OF_MEMORY)
    except ModelError as error:
        return _report(plan, error, EXIT_CRASH)
    return EXIT_IDLE


def _report(plan: EnginePlan, error: ModelError, status: int) -> int:
    _write(plan, EngineStatus(ready=False, message=str(error)))
    return status


def _write(plan: EnginePlan, status: EngineStatus) -> None:
    os.write(plan.status_fd, status.model_dump_json().encode() + b"\n")


if __name__ == "__main__":
    main()
