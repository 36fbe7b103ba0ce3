"""A Slurm of our own on this machine: controller, two nodes and munge, without systemd, in a folder that is removed afterwards."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

PROGRAMS = ["slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "munged", "munge"]


def missing():
    """What keeps a Slurm from being started here; empty for nothing."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    found = [name for name in PROGRAMS if not shutil.which(name)]
    if found:
        return f"{', '.join(found)} missing: Debian's slurmctld, slurmd, slurm-client and munge have them"
    return "" if os.geteuid() == 0 else "root is needed, as slurmd starts jobs for users"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """Two nodes of four processors each, as far as Slurm is told."""

    nodes = ["n1", "n2"]

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []

    def __enter__(self):
        folder, ports = self.folder, free_ports(3)
        for name in ("state", "spool-n1", "spool-n2", "munge"):
            (folder / name).mkdir()
        key = folder / "munge/key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        nodes = "\n".join(
            f"NodeName={name} NodeAddr=127.0.0.1 NodeHostname=localhost Port={port} CPUs=4 State=UNKNOWN"
            for name, port in zip(self.nodes, ports[1:]))
        (folder / "slurm.conf").write_text(f"""
ClusterName=antipode
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SchedulerParameters=sched_min_interval=0,sched_interval=2
ReturnToService=2
MaxArraySize=3
KillWait=5
{nodes}
PartitionName=all Nodes={','.join(self.nodes)} Default=YES MaxTime=INFINITE State=UP
""")
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
        self.start(
            "munged", "--foreground", "--force", f"--socket={folder}/munge/socket", f"--key-file={key}",
            f"--pid-file={folder}/munge/pid", f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed")
        self.wait(lambda: (folder / "munge/socket").exists(), "munged")
        self.start("slurmctld", "-D", "-c")
        for name in self.nodes:
            self.start("slurmd", "-D", "-N", name)
        self.wait(lambda: self.output("sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * 2, "two idle nodes")
        return self

    def __exit__(self, *_):
        subprocess.run(["scancel", "--quiet", "--user=root"], check=False, capture_output=True)
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, name, *arguments):
        log = open(self.folder / f"{name}-{len(self.processes)}.out", "w")
        self.processes.append(subprocess.Popen([shutil.which(name), *arguments], stdout=log, stderr=log, cwd=self.folder))

    def output(self, *command):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def wait(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                for file in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
                    print(f"--- {file.name}\n" + "\n".join(file.read_text().splitlines()[-15:]), file=sys.stderr)
                sys.exit(f"Slurm: {what} did not come within {seconds} s")
            time.sleep(0.2)

    def hasten(self):
        """Has what Slurm starts again begin at once: it waits two minutes with that."""
        for job, index, state, reason in self.queue():
            if state == "PENDING" and reason == "BeginTime":
                subprocess.run(["scontrol", "update", f"JobId={job}_{index}", "StartTime=now"], capture_output=True, check=False)

    def queue(self):
        """Job, index, state and reason of every task in the queue."""
        lines = self.output("squeue", "-h", "-r", "-o", "%F|%K|%T|%r").splitlines()
        return [tuple(line.split("|", 3)) for line in lines]
