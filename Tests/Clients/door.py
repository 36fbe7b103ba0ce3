"""What `serve` does at its door: tuned prompts, gated methods, limits, strangers, keys, a full queue, and its end.

    python3 Tests/Clients/door.py

It starts servers of its own: the tool as its users have it, over a store with a small experiment that is made here.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

from clients import MODEL, ROOT, Server

QUESTION = "Name three fruits."


def tool(name, *arguments, expected=0):
    """What a tool prints."""
    done = subprocess.run(
        [os.path.join(ROOT, ".build/debug", name), *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == expected, f"{name} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if expected == 0 else done.stderr


def experiment(folder):
    """An experiment with tuned prompts, as small as one can be; its hash."""
    sets = []
    for kind in ("harmful", "harmless"):
        with open(os.path.join(ROOT, f"Anchors/held-out-{kind}.jsonl")) as file:
            lines = file.readlines()[:2]
        path = os.path.join(folder, f"{kind}.jsonl")
        with open(path, "w") as file:
            file.writelines(lines)
        sets.append({"name": kind, "kind": kind, "file": path})
    manifest = {
        "name": "door", "anchors": {"size": 5, "maximumTokens": 4},
        "tuning": {"initialization": {"kind": "text", "length": 6}, "steps": 2, "pairsPerStep": 3,
                   "validationEvery": 2, "validationShare": 0.2},
        "decoding": {"maximumTokens": 4}, "evaluation": {"fluency": False, "sets": sets},
        "sweep": {"decoding.alpha": [0.4]},
    }
    path = os.path.join(folder, "door.json")
    with open(path, "w") as file:
        json.dump(manifest, file)
    printed = tool("ablate", path, "--quiet", "--store", os.path.join(folder, "store"))
    return next(line.split()[1] for line in printed.splitlines() if line.startswith("experiment "))


class Door(Server):
    """A server, what it says on standard error, and requests to it."""

    def __init__(self, *arguments, store=None, environment=None):
        self.log = tempfile.NamedTemporaryFile("r", suffix=".log")
        with open(self.log.name, "w") as errors:
            super().__init__(*arguments, store=store, errors=errors, environment=environment)
        place = urllib.parse.urlparse(self.address)
        self.host, self.port = place.hostname, place.port

    @property
    def said(self):
        with open(self.log.name) as file:
            return file.read()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def ask(self, method, path, body=None, **headers):
        """The status, the headers and the body of a reply."""
        with contextlib.closing(self.connection()) as connection:
            connection.request(
                method, path, body if body is None or isinstance(body, bytes) else json.dumps(body),
                {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()

    def chat(self, method, **more):
        status, headers, body = self.ask("POST", "/v1/chat/completions", chat(method, **more))
        return status, headers, json.loads(body)

    def models(self):
        return [model["id"].partition(":")[2] for model in json.loads(self.ask("GET", "/v1/models")[2])["data"]]


def chat(method, **more):
    return {"model": f"{MODEL}:{method}", "messages": [{"role": "user", "content": QUESTION}], "temperature": 0,
            "max_tokens": 12, **more}


def code(body):
    return json.loads(body)["error"]["code"]


# What is checked, each with servers of its own.


def tuned_prompts(hash, store):
    """Tuned prompts answer as `decode` does with them; methods that weaken safety are refused."""
    server = Door(hash, store=store)
    names = server.models()
    assert {"base", "safe", "sp", "acd-0.4"} <= set(names), names
    assert not {"opposite", "ap"} & set(names), names
    for method, options in [("sp", []), ("acd-0.4", ["--alpha", "0.4"])]:
        status, _, reply = server.chat(method)
        assert status == 200, reply
        alone = tool(
            "decode", QUESTION, "--method", method.partition("-")[0], *options, "--prompts", hash, "--maximum-tokens",
            "12", "--quiet", "--store", store)
        assert reply["choices"][0]["message"]["content"] == alone.removesuffix("\n"), (method, reply, alone)
    for method in ("ap", "opposite"):
        status, _, reply = server.chat(method)
        assert (status, reply["error"]["code"], reply["error"]["param"]) == (403, "adversarial_method", "model"), reply
        assert "--allow-adversarial" in reply["error"]["message"], reply
        status, _, body = server.ask(
            "POST", "/antipode/compare", {"model": f"{MODEL}:{method}", "instruction": QUESTION, "max_tokens": 4})
        assert (status, code(body)) == (403, "adversarial_method"), body
        status, _, body = server.ask(
            "POST", "/v1/completions", {"model": f"{MODEL}:{method}", "prompt": QUESTION, "max_tokens": 4})
        assert (status, code(body)) == (403, "adversarial_method"), body
    assert "is in use" not in server.said, server.said
    server.close()


def allowed(hash, store):
    """Allowed, each such method is named in the log when it is asked for first, also by a server that is quiet."""
    server = Door(hash, "--allow-adversarial", "--quiet", store=store)
    assert {"opposite", "ap"} <= set(server.models())
    for method in ("ap", "opposite", "ap"):
        status, _, reply = server.chat(method)
        assert status == 200, reply
    assert server.said.count("The method ap is in use") == 1, server.said
    assert server.said.count("The method opposite is in use") == 1, server.said
    assert "ready" not in server.said, server.said
    server.close()


def strangers(server):
    for headers in [{"Host": "example.org"}, {"Origin": "https://example.org"}, {"Origin": "null"},
                    {"Sec_Fetch_Site": "cross-site"}]:
        status, _, body = server.ask("POST", "/v1/chat/completions", chat("base"), **headers)
        assert status == 403 and code(body) in ("foreign_host", "foreign_origin"), (headers, status, body)
    assert server.ask("GET", "/compare", Host="evil.example:80")[0] == 403
    own = f"127.0.0.1:{server.port}"
    assert server.ask("POST", "/v1/chat/completions", chat("base"), Host=own, Origin=f"http://{own}")[0] == 200


def bodies(server):
    status, _, body = server.ask("POST", "/v1/chat/completions", b" " * (9 << 20))
    assert (status, code(body)) == (413, "body_too_large"), (status, body)
    status, _, body = server.ask("POST", "/v1/chat/completions", b"{" * 1000)
    assert (status, code(body)) == (400, "invalid_json"), (status, body)


def times(server):
    """Half a head has 15 seconds, half a body 60, a reader that takes nothing 60; how long each lived."""
    lived, unread = {}, []

    def take_nothing():
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(60)
            connection.connect(("127.0.0.1", server.port))
            asked = json.dumps(chat(
                "base", stream=True, n=8, max_tokens=2000, temperature=1.5, seed=3, logprobs=True, top_logprobs=20))
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            connection.sendall(f"{head}Content-Length: {len(asked)}\r\n\r\n{asked}".encode())
            time.sleep(100)
            with contextlib.suppress(ConnectionError):
                while piece := connection.recv(65536):
                    unread.append(piece)

    def wait(name, begun):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.settimeout(120)
            connection.sendall(begun)
            start = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while connection.recv(4096):
                    pass
            lived[name] = time.monotonic() - start

    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    threads = [threading.Thread(target=wait, args=arguments) for arguments in [
        ("nothing", b""), ("head", head.encode()), ("body", f"{head}Content-Length: 100000\r\n\r\n{{".encode())]]
    threads.append(threading.Thread(target=take_nothing))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 14 < lived["nothing"] < 25 and 14 < lived["head"] < 25, lived
    assert 59 < lived["body"] < 75, lived
    # What stood in the buffers came, and then nothing more.
    assert unread and b"[DONE]" not in b"".join(unread[-2:]), unread[-2:]
    return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in lived.items())


def connections(server):
    """Beyond 512 connections those that asked nothing make room."""
    idle = []
    try:
        for _ in range(600):
            idle.append(socket.create_connection(("127.0.0.1", server.port)))
        for connection in idle:
            connection.setblocking(False)
        closed, end = set(), time.monotonic() + 60
        while len(closed) < 80:
            assert time.monotonic() < end, len(closed)
            time.sleep(0.2)
            for connection in idle:
                with contextlib.suppress(BlockingIOError):
                    if connection.recv(1) == b"":
                        closed.add(connection)
            assert server.ask("GET", "/health")[0] == 200
        assert server.chat("base")[0] == 200
    finally:
        for connection in idle:
            connection.close()


def limits(store):
    server = Door(store=store)
    strangers(server)
    bodies(server)
    connections(server)
    print("  lived:", times(server), flush=True)
    assert server.chat("base")[0] == 200
    server.close()


def full_queue(store):
    server = Door("--parallel", "1", "--queue", "1", store=store)
    status, headers, reply = server.chat("base", n=8)
    assert (status, reply["error"]["code"]) == (429, "queue_full") and int(headers["Retry-After"]) > 0, reply
    assert server.chat("base")[0] == 200
    server.close()


def keys(store):
    """Another address needs a key; the pages are there without, what they ask for is not."""
    assert "--api-key" in tool("serve", "--host", "0.0.0.0", "--store", store, expected=64)
    server = Door(
        "--host", "0.0.0.0", "--api-key", "DOOR_KEY", store=store, environment={**os.environ, "DOOR_KEY": "sesame"})
    for path in ("/v1/models", "/antipode/models", "/antipode/experiments", "/tokenizer_info"):
        status, headers, body = server.ask("GET", path)
        assert (status, code(body), headers["WWW-Authenticate"]) == (401, "invalid_api_key", "Bearer"), (path, status)
        assert server.ask("GET", path, Authorization="Bearer sesame")[0] == 200, path
        assert server.ask("GET", path, Authorization="Bearer sesam")[0] == 401, path
    assert server.ask("POST", "/v1/chat/completions", chat("base"))[0] == 401
    assert server.ask("POST", "/v1/chat/completions", chat("base"), Authorization="Bearer sesame")[0] == 200
    assert server.ask("GET", "/compare")[0] == 200 and server.ask("GET", "/health")[0] == 200
    assert server.ask("GET", "/compare", Origin="https://example.org")[0] == 403
    server.close()


def streamed(server, tokens, told):
    """Reads a streamed answer; tells when it has begun, and returns all of it."""
    with contextlib.closing(server.connection()) as connection:
        connection.request(
            "POST", "/v1/chat/completions",
            json.dumps(chat("base", stream=True, max_tokens=tokens, temperature=1.5, seed=3)),
            {"Content-Type": "application/json"})
        reply, text = connection.getresponse(), b""
        with contextlib.suppress(http.client.HTTPException, ConnectionError):
            while piece := reply.read1(65536):
                text += piece
                told.set()
        told.set()
        return text


def ending(store, patience, tokens):
    """TERM while an answer is running: what the client got, the exit status, the seconds it took."""
    server = Door("--patience", str(patience), store=store)
    begun, got = threading.Event(), []
    thread = threading.Thread(target=lambda: got.append(streamed(server, tokens, begun)))
    thread.start()
    assert begun.wait(120)
    start = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    late = None
    with contextlib.suppress(OSError, http.client.HTTPException):
        time.sleep(0.5)
        late = server.ask("POST", "/v1/chat/completions", chat("base"))
    status = server.process.wait(timeout=120)
    seconds = time.monotonic() - start
    thread.join(timeout=30)
    assert got, "the client is still waiting"
    assert late is None or (late[0], code(late[2])) == (503, "closing"), late
    assert status == 0, f"the server ended with {status}: {server.said}"
    return got[0].decode(), seconds


def drain(store):
    text, seconds = ending(store, 60, 80)
    assert text.rstrip().endswith("[DONE]") and seconds < 60, (text[-200:], seconds)
    assert text.count('"delta"') > 40, text[-500:]
    text, cut = ending(store, 1, 4000)
    assert "[DONE]" not in text and '"code":"closing"' in text, text[-500:]
    assert cut < 6, f"{cut} s with a patience of 1 s"
    print(f"  a running answer ended in {seconds:.1f} s; one without end was let go in {cut:.1f} s", flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        store, hash = os.path.join(folder, "store"), experiment(folder)
        for check, arguments in [(tuned_prompts, (hash, store)), (allowed, (hash, store)), (limits, (store,)),
                                 (full_queue, (store,)), (keys, (store,)), (drain, (store,))]:
            check(*arguments)
            print(f"{check.__name__}: as promised", flush=True)


if __name__ == "__main__":
    main()
