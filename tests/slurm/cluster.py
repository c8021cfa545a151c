"""A Slurm of one node with two GPUs that are none, started and stopped by the tests beside any other there is."""

import getpass
import os
import platform
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.ports import free_port

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
"""Daemons are not on everybody's path."""

CONF = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
KillWait=2
MessageTimeout=2
MaxArraySize=3
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP PriorityTier=2
"""
GRES = """\
AutoDetect=off
NodeName={host} Name=gpu File={folder}/nvidia[0-1]
"""


class Cluster:
    """The daemons and their folder. `start` raises RuntimeError where one does not come up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": PATH}

    def start(self) -> None:
        """Write the files and start all daemons."""
        self._write()
        munge = self.folder / "munge"
        self._daemon(
            "munged", "--foreground", "--force", f"--key-file={munge}/key", f"--socket={munge}/socket",
            f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed", "--num-threads=2",
        )  # fmt: skip
        until((munge / "socket").exists, "munged does not answer")
        self.start_controller()
        self._daemon("slurmd", "-D")
        until(lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%T"), "the node does not come up")

    def start_controller(self) -> None:
        """Start slurmctld, with the state that an earlier one saved."""
        self._daemon("slurmctld", "-D")
        until(lambda: "UP" in self.ask("scontrol", "ping"), "slurmctld does not answer")

    def stop_controller(self) -> None:
        """End slurmctld; jobs go on."""
        self._end("slurmctld")

    def stop(self) -> None:
        """Cancel all jobs and end all daemons, whatever state they are in."""
        if "slurmctld" in self.processes:
            self.cancel()
        for name in list(self.processes):
            self._end(name)

    def queue(self, name: str = "", *, states: str = "") -> list[str]:
        """Ids of the array tasks in the queue whose name starts so, in order; with `states=all` ended ones too."""
        command = ("squeue", "--noheader", "--array", "--format=%j|%F_%K", *([f"--states={states}"] if states else []))
        pairs = [line.strip().split("|") for line in self.ask(*command).splitlines()]
        tasks = [task.removesuffix("_N/A") for job, task in pairs if job.startswith(name)]
        return sorted(tasks, key=lambda task: [int(part) for part in task.split("_")])

    def cancel(self, name: str = "", seconds: float = 15) -> None:
        """Cancel all jobs whose name starts so, and wait for their ends, but not for ever."""
        deadline = time.monotonic() + seconds
        while (tasks := self.queue(name)) and time.monotonic() < deadline:
            self.ask("scancel", *tasks)
            time.sleep(0.1)

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands prints; empty where it fails."""
        ended = subprocess.run(command, check=False, env=os.environ | self.environment, capture_output=True, text=True)
        return ended.stdout.strip() if ended.returncode == 0 else ""

    def _write(self) -> None:
        munge = self.folder / "munge"
        for folder in (munge, self.folder / "state", self.folder / "spool"):
            folder.mkdir(mode=0o755)
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o600)
        for number in (0, 1):
            (self.folder / f"nvidia{number}").symlink_to("/dev/null")
        values = {
            "host": platform.node(), "folder": self.folder, "user": getpass.getuser(),
            "controller_port": free_port(), "node_port": free_port(),
        }  # fmt: skip
        (self.folder / "slurm.conf").write_text(CONF.format(**values))
        (self.folder / "gres.conf").write_text(GRES.format(**values))

    def _daemon(self, *command: str) -> None:
        log = (self.folder / f"{command[0]}.out").open("ab")
        self.processes[command[0]] = subprocess.Popen(
            command, env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()

    def _end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing() -> list[str]:
    """The programs that cannot be found."""
    return [name for name in NEEDED if shutil.which(name, path=PATH) is None]


def until(holds: Callable[[], object], otherwise: str | Callable[[], str], seconds: float = 30) -> None:
    """Wait for something to hold. Raises RuntimeError, saying what is so otherwise."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.05)
