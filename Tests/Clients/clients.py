"""Starts `serve` and runs the clients against it, each a process of its own.

    .build/clients/bin/python Tests/Clients/clients.py [NAME ...]
"""

import atexit
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CLIENTS = ["openai_client", "harness", "inspect_task", "door"]
# garak brings PyTorch along, so it has an environment of its own, where there is one.
GARAK = os.path.join(ROOT, ".build/garak/bin/python")
MODEL = "smollm2-135m-instruct-q4_1"


class Server:
    """The server, running with a store of its own, or with one that is named."""

    def __init__(self, *arguments, store=None, errors=None, environment=None):
        self.store = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [os.path.join(ROOT, ".build/debug/serve"), "--port", "0", "--store", store or self.store.name, *arguments],
            stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env=environment, text=True)
        # What fails on the way leaves no server behind.
        atexit.register(self.process.kill)
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://"), "the server told no address"
        here = self.address.replace("0.0.0.0", "127.0.0.1")
        while True:
            try:
                with urllib.request.urlopen(here + "/health", timeout=60):
                    return
            except urllib.error.HTTPError as error:
                assert error.code == 503 and self.process.poll() is None, f"/health: {error.code}"
                time.sleep(0.2)

    def close(self):
        """Ends it as a service manager does; it must end by itself, well."""
        self.process.terminate()
        status = self.process.wait(timeout=60)
        self.store.cleanup()
        assert status == 0, f"the server ended with {status}"


def main():
    names = sys.argv[1:] or CLIENTS + ["garak_probe"]
    server = Server()
    print(f"serve at {server.address}", flush=True)
    failed = []
    for name in names:
        python = GARAK if name == "garak_probe" else sys.executable
        if not os.path.exists(python):
            print("garak_probe: SKIPPED, garak is not installed; GARAK=1 installs it (2.1 GB)", flush=True)
            continue
        begin = time.time()
        done = subprocess.run([python, os.path.join(HERE, name + ".py"), server.address, MODEL])
        print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'} in {time.time() - begin:.0f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
    server.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
