"""Throughput of the server at 1, 8 and 32 clients, beside llama.cpp's own with parallel slots: the same model, machine,
requests, one after the other in one run.

    python3 Tests/Benchmarks/serve_load.py --model FILE --llama-server PROGRAM [--name NAME] [--seconds 20] [--rounds 3]

FILE is what llama.cpp loads, NAME what ours is asked for. Nothing else may run: llama.cpp's threads do not yield, so
beside another busy process its rate falls to a fraction.

Prints a markdown table. A client sends a request, reads the whole answer, and sends the next; answers are greedy and of
one length. Prompts differ from request to request, so nothing but what all chats begin with can be taken from a cache.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOPICS = ["rivers", "bread", "bridges", "clouds", "gardens", "trains", "music", "maps", "winter", "glass"]


class Contender:
    def __init__(self, name, command, model):
        self.name, self.model = name, model
        self.port = 18080 if name == "ours" else 18081
        self.process = subprocess.Popen(
            command + ["--port", str(self.port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=60)
                return
            except (urllib.error.HTTPError, urllib.error.URLError):
                assert self.process.poll() is None, f"{name} ended"
                time.sleep(0.3)

    def close(self):
        self.process.terminate()
        self.process.wait(60)

    def client(self, number, end, tokens):
        """Tokens that a client got."""
        connection, total, count = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600), 0, 0
        while time.time() < end:
            topic = TOPICS[(number + count) % len(TOPICS)]
            request = {
                "model": self.model, "temperature": 0, "max_tokens": tokens, "ignore_eos": False,
                "messages": [{"role": "user", "content": f"Tell me story {number * 1000 + count} about {topic}."}]}
            connection.request(
                "POST", "/v1/chat/completions", json.dumps(request), {"Content-Type": "application/json"})
            reply = json.loads(connection.getresponse().read())
            total += reply["usage"]["completion_tokens"]
            count += 1
        connection.close()
        return total

    def rate(self, clients, seconds, tokens):
        """Tokens a second; the last answers count with the time that they took."""
        begin = time.time()
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            totals = list(pool.map(lambda number: self.client(number, begin + seconds, tokens), range(clients)))
        return sum(totals) / (time.time() - begin)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--llama-server", required=True)
    parser.add_argument("--name", default="smollm2-135m-instruct-q4_1")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", default="int8", help="ours; llama.cpp multiplies in int8 too")
    parser.add_argument("--json")
    options = parser.parse_args()
    threads = str(options.threads)
    ours = [os.path.join(ROOT, ".build/debug/serve"), "--model", options.name, "--threads", threads, "--quiet", "--precision",
            options.precision]
    llama = [options.llama_server, "--model", options.model, "--threads", threads, "--threads-batch", threads,
             "--parallel", "32", "--ctx-size", str(32 * 512), "--cont-batching", "--no-webui"]
    contenders = [Contender("ours", ours, f"{options.name}:base"), Contender("llama.cpp", llama, "any")]
    rates = {}
    try:
        for clients in [1, 8, 32]:
            for _ in range(options.rounds):
                for contender in contenders:
                    rates.setdefault((clients, contender.name), []).append(
                        contender.rate(clients, options.seconds, options.tokens))
                    print(clients, contender.name, rates[clients, contender.name][-1], file=sys.stderr)
    finally:
        for contender in contenders:
            contender.close()
    print("| clients | ours, tokens/s | llama.cpp, tokens/s | ratio |\n|---|---|---|---|")
    for clients in [1, 8, 32]:
        left, right = (statistics.median(rates[clients, contender.name]) for contender in contenders)
        ratios = [a / b for a, b in zip(rates[clients, "ours"], rates[clients, "llama.cpp"])]
        print(f"| {clients} | {left:.0f} | {right:.0f} | {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}) |")
    if options.json:
        with open(options.json, "w") as file:
            json.dump([{"clients": key[0], "server": key[1], "rates": value} for key, value in rates.items()], file)


if __name__ == "__main__":
    main()
