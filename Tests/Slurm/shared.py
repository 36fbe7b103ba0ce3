#!/usr/bin/env python3
"""Four workers on a shared folder without locks, as if on four hosts. Run by `make test-slurm`.

A file system in user space passes one folder on under four places. It refuses `lockf`, and a `flock` holds under one place only, as
on NFS with `local_lock`; each place keeps attributes for a second. Each worker has a place of its own, and a container's view:
process id 1 and one host name for all.
"""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import slurm

try:
    import fusepy as fuse
except ImportError:
    fuse = None


def passing_on(source, place):
    """Serves a folder at another place; returns when that is unmounted."""

    class PassingOn(fuse.Operations):
        """Every call as it is, and no locks."""

        def path(self, name):
            return source + name

        def access(self, name, mode):
            if not os.access(self.path(name), mode):
                raise fuse.FuseOSError(errno.EACCES)

        def chmod(self, name, mode):
            os.chmod(self.path(name), mode)

        def create(self, name, mode, fi=None):
            # The kernel has looked before; another mount may have been faster.
            return os.open(self.path(name), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

        def getattr(self, name, handle=None):
            status = os.fstat(handle) if handle is not None else os.lstat(self.path(name))
            keys = ("st_atime", "st_ctime", "st_mtime", "st_gid", "st_mode", "st_nlink", "st_size", "st_uid", "st_ino", "st_blocks")
            return {key: getattr(status, key) for key in keys}

        def link(self, target, name):
            os.link(self.path(name), self.path(target))

        def lock(self, name, handle, command, lock):
            raise fuse.FuseOSError(errno.ENOLCK)

        def mkdir(self, name, mode):
            os.mkdir(self.path(name), mode)

        def open(self, name, flags):
            return os.open(self.path(name), flags & ~os.O_CREAT)

        def read(self, name, size, offset, handle):
            return os.pread(handle, size, offset)

        def readdir(self, name, handle):
            return [".", "..", *os.listdir(self.path(name))]

        def release(self, name, handle):
            os.close(handle)

        def rename(self, name, target):
            os.rename(self.path(name), self.path(target))

        def rmdir(self, name):
            os.rmdir(self.path(name))

        def truncate(self, name, length, handle=None):
            os.truncate(self.path(name) if handle is None else handle, length)

        def unlink(self, name):
            os.unlink(self.path(name))

        def utimens(self, name, times=None):
            os.utime(self.path(name), times)

        def write(self, name, data, offset, handle):
            return os.pwrite(handle, data, offset)

        def fsync(self, name, datasync, handle):
            os.fsync(handle)

        def flush(self, name, handle):
            pass

    fuse.FUSE(PassingOn(), place, foreground=True, nothreads=False, use_ino=True, hard_remove=True)


def mounted(source, places):
    processes = []
    for place in places:
        place.mkdir()
        processes.append(subprocess.Popen([sys.executable, __file__, "--pass-on", str(source), str(place)]))
    end = time.monotonic() + 30
    while not all(os.path.ismount(place) for place in places):
        if time.monotonic() > end:
            sys.exit("the file system in user space was not mounted within 30 s")
        time.sleep(0.1)
    return processes


def in_container(command):
    """A command as process 1 of a container; all containers have one host name."""
    words = " ".join("'" + str(word).replace("'", r"'\''") + "'" for word in command)
    return ["unshare", "--fork", "--pid", "--mount-proc", "--uts", "bash", "-c", f"hostname container && exec {words}"]


def four_workers(folder, manifest, expected, places, what):
    """The places show one folder."""
    stages = folder / f"{places[0].name}.json"
    slurm.finish(slurm.ablate(
        "split", manifest, "--jobs", 12, "--part", 3, "--output", stages, store=places[0] / "store"))
    items = [item for wave in json.loads(stages.read_text())["waves"] for task in wave for item in task]
    workers = [
        subprocess.Popen(
            in_container([slurm.ABLATE, "worker", "--stages", stages, "--threads", "1", "--store", place / "store"]),
            cwd=slurm.ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for place in places
    ]
    texts = [slurm.finish(worker)[1] for worker in workers]
    slurm.same(places[0] / "store", expected, what)
    count = slurm.made("".join(texts))
    if count != len(items):
        sys.exit(f"{what}: {count} stages and parts were made, expected {len(items)}:\n" + "".join(texts))
    print(f"{what}: {len(expected)} stages with the same bytes; {len(items)} stages and parts, each made once: "
          + " + ".join(str(slurm.made(text)) for text in texts))


def refused(place):
    """Whether locks are refused there."""
    code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'w'), fcntl.LOCK_EX)"
    return subprocess.run([sys.executable, "-c", code, place / "locked"], capture_output=True, check=False).returncode != 0


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--pass-on":
        return passing_on(sys.argv[2], sys.argv[3])
    if "nfs" not in pathlib.Path("/proc/filesystems").read_text():
        print("SKIPPED: no mount of a real NFS server: this kernel has no client for it.")
    if fuse is None or not os.path.exists("/dev/fuse") or os.geteuid() != 0:
        return print("SKIPPED: no file system in user space: root, /dev/fuse and Debian's python3-fusepy are needed.")
    with tempfile.TemporaryDirectory(prefix="antipode-shared-") as name:
        folder = pathlib.Path(name)
        manifest, store, served = slurm.write_manifest(folder), folder / "one", folder / "served"
        slurm.finish(slurm.ablate(manifest, store=store))
        served.mkdir()
        places = [folder / f"host-{number}" for number in range(4)]
        processes = mounted(served, places)
        try:
            if not refused(places[0]):
                sys.exit("the file system grants locks, and so tests nothing")
            four_workers(folder, manifest, slurm.outputs(store), places, "four mounts without locks, four containers")
        finally:
            for place in places:
                subprocess.run(["fusermount", "-u", "-z", place], check=False)
            for process in processes:
                process.wait(10)


if __name__ == "__main__":
    main()
