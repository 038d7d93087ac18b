"""Children that died at a job: what killed them, and where. The ledger hears it before their leases lapse.

Celery's own message of such a job comes back at once and finds the dead child's lease: it steps aside.
"""

import logging
import signal
from dataclasses import dataclass

from jobs.errors import LeaseLost, WorkerKilled
from jobs.ledger import Ledger
from jobs.result import clip_log
from workers.job.backoff import backoff_s
from workers.job.note import Notes, Scene

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Death:
    """A child that died at a job."""

    scene: Scene
    cause: str


class Deaths:
    """Those of one worker, gathered in its main process."""

    def __init__(self, notes: Notes, job_timeout_s: float) -> None:
        self._notes = notes
        self._job_timeout_s = job_timeout_s
        self.untold: list[Death] = []

    def child_ended(self, pid: int, status: int) -> None:
        """A child has ended. If it was at a job, keep what it was at: its successor will write there."""
        scene = self._notes.read(pid)
        if scene is None:
            return
        self._notes.clear(pid)
        death = Death(scene, self._describe(scene, status))
        self.untold.append(death)
        names = {"batch": scene.job.batch, "document": scene.job.document[:12], "part": scene.job.part}
        log.warning("%s", death.cause, extra={"event": "child.died", "pid": pid, "attempt": scene.attempt, **names})

    def tell(self, ledger: Ledger) -> None:
        """Hand back the jobs of the dead; each has cost an attempt.

        Raises:
            LedgerUnavailable: Redis does not answer; the rest is told at the next call.
        """
        while self.untold:
            death = self.untold[0]
            scene, reason = death.scene, WorkerKilled(death.cause).reason
            try:
                ledger.bereave(
                    scene.job, scene.token, reason, backoff_s(scene.attempt), clip_log((*scene.log, death.cause))
                )
            except LeaseLost:
                log.info("Another has the job of the child %d by now.", scene.pid, extra={"event": "child.died"})
            self.untold.pop(0)

    def _describe(self, scene: Scene, status: int) -> str:
        at = (
            f"at page {scene.page}, stage {scene.stage}"
            if scene.page
            else f"before the first page, stage {scene.stage}"
        )
        after = f"{at}, after {scene.lasted_s:.1f} s in attempt {scene.attempt}"
        if status < 0 and scene.lasted_s >= self._job_timeout_s:
            return (
                f"The process was stopped {after}: a job may take {self._job_timeout_s:g} s (OCRFLEET_JOB_TIMEOUT_S)."
            )
        if status < 0:
            return f"The process was killed by {_name(-status)} {after}."
        return f"The process ended with exit status {status} {after}."


def _name(number: int) -> str:
    hint = " (the kernel's, when memory runs out)" if number == signal.SIGKILL else ""
    try:
        return f"{signal.Signals(number).name}{hint}"
    except ValueError:
        return f"signal {number}"
