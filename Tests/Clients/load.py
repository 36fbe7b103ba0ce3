"""Load: many clients at once for some minutes, well-behaved and not; the server must answer the good ones right.

    python3 Tests/Clients/load.py [--seconds 300] [--streams 64]

It starts a server of its own. Each good client's answer is compared with what the same request got
alone. Prints one line of JSON: what was asked, what came of it, and the server's memory.
"""

import argparse
import collections
import http.client
import json
import random
import socket
import threading
import time
import urllib.parse

from clients import MODEL, Server

METHODS = ["base", "safe", "instructive-null-0.3"]
QUESTIONS = ["Name three fruits.", "What is a river?", "Count to ten.", "Why is the sky blue?", "Say hello."]


def body(method, question, tokens, **more):
    return {"model": f"{MODEL}:{method}", "messages": [{"role": "user", "content": question}], "temperature": 0,
            "max_tokens": tokens, **more}


class Load:
    def __init__(self, address, process):
        place = urllib.parse.urlparse(address)
        self.host, self.port = place.hostname, place.port
        self.process = process
        self.counts = collections.Counter()
        self.problems = []
        self.lock = threading.Lock()
        self.end = 0.0
        self.expected = {}

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def problem(self, text):
        with self.lock:
            self.problems.append(text[:300])

    def post(self, request, timeout=600):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        connection.request("POST", "/v1/chat/completions", json.dumps(request), {"Content-Type": "application/json"})
        return connection, connection.getresponse()

    def answer(self, request):
        """The text of a streamed answer; None where the server is full."""
        connection, response = self.post({**request, "stream": True})
        if response.status == 429:
            assert int(response.headers["Retry-After"]) > 0
            response.read()
            connection.close()
            return None
        assert response.status == 200, response.read()[:200]
        text, done = "", False
        for line in response:
            if line.startswith(b"data: [DONE]"):
                done = True
            elif line.startswith(b"data: "):
                chunk = json.loads(line[6:])
                assert "error" not in chunk, chunk
                text += "".join(choice["delta"].get("content", "") for choice in chunk["choices"])
        connection.close()
        assert done, "the stream ended early"
        return text

    # What clients do.

    def good(self, chance):
        method, question, tokens = chance.choice(METHODS), chance.choice(QUESTIONS), chance.choice([8, 24, 48])
        text = self.answer(body(method, question, tokens))
        if text is None:
            self.count("told to try again")
            time.sleep(0.5)
        elif text != self.expected[method, question, tokens]:
            self.problem(f"{method}, {question}: {text!r} is not what it was alone")
        else:
            self.count("answered right")

    def leaver(self, chance):
        connection, response = self.post(body("base", chance.choice(QUESTIONS), 1000, stream=True, temperature=1.5))
        response.read(chance.choice([10, 300, 2000]))
        connection.sock and connection.sock.close()
        response.close()
        self.count("left midway")

    def early_leaver(self, chance):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=600)
        connection.request("POST", "/v1/chat/completions", json.dumps(body("safe", "Count to ten.", 1000)))
        time.sleep(chance.random())
        connection.close()
        self.count("left before an answer")

    def staller(self, chance):
        connection, response = self.post(body("base", chance.choice(QUESTIONS), 200, stream=True))
        time.sleep(chance.uniform(2, 8))
        response.read()
        connection.close()
        self.count("read late")

    def raw(self, bytes_, wait=10.0):
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            try:
                connection.sendall(bytes_)
                connection.settimeout(wait)
                return connection.recv(4096)
            except (TimeoutError, ConnectionError):
                return b""

    def garbage(self, chance):
        self.raw(chance.randbytes(chance.choice([10, 1000, 100_000])) + b"\r\n\r\n", wait=2)
        self.count("garbage")

    def half(self, chance):
        head = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 5000\r\n\r\n{\"model\": ")
        self.raw(head[:chance.randrange(5, len(head))], wait=2)
        self.count("half a request")

    def large(self, chance):
        size = 10 << 20
        reply = self.raw(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
            + b"x" * size, wait=60)
        if not reply.startswith(b"HTTP/1.1 413"):
            self.problem(f"10 MB: {reply[:60]!r}")
        self.count("10 MB")

    def wrong(self, chance):
        connection, response = self.post(body("base", "Hi.", 4, logit_bias={"1": 2}))
        if response.status != 400:
            self.problem(f"a wrong request: {response.status}")
        response.read()
        connection.close()
        self.count("told what is wrong")

    def work(self, number):
        chance = random.Random(number)
        kinds = [self.good] * 14 + [self.leaver] * 2 + [
            self.early_leaver, self.staller, self.garbage, self.half, self.large, self.wrong]
        while time.time() < self.end:
            kind = chance.choice(kinds)
            try:
                kind(chance)
            except Exception as error:
                self.problem(f"{kind.__name__}: {type(error).__name__}: {error}")
                if self.process and self.process.poll() is not None:
                    return

    def memory(self):
        """The server's memory in MB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return round(int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1000)

    def run(self, seconds, streams):
        for method in METHODS:
            for question in QUESTIONS:
                for tokens in [8, 24, 48]:
                    self.expected[method, question, tokens] = self.answer(body(method, question, tokens))
        self.end = time.time() + seconds
        threads = [threading.Thread(target=self.work, args=(number,)) for number in range(streams)]
        for thread in threads:
            thread.start()
        memory = []
        while time.time() < self.end:
            time.sleep(min(10, max(0.1, self.end - time.time())))
            memory.append(self.memory())
        for thread in threads:
            thread.join(600)
        # Nobody is left: all places are free again.
        deadline = time.time() + 30
        while time.time() < deadline:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            connection.request("GET", "/health")
            health = json.loads(connection.getresponse().read())
            connection.close()
            if health["running"] == 0 and health["waiting"] == 0:
                break
            time.sleep(0.5)
        else:
            self.problem(f"still at work: {health}")
        return {"seconds": seconds, "streams": streams, **self.counts, "memory in MB": memory,
                "problems": self.problems[:20], "problem count": len(self.problems), "health": health}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--streams", type=int, default=64)
    options = parser.parse_args()
    server = Server()
    load = Load(server.address, server.process)
    outcome = load.run(options.seconds, options.streams)
    server.close()
    print(json.dumps(outcome, indent=1))
    raise SystemExit(1 if outcome["problem count"] else 0)


if __name__ == "__main__":
    main()
