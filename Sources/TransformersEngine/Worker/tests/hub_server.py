"""A hub of one's own: as much of the Hugging Face hub as the download of a model asks for, over some folders.

    python hub_server.py FOLDER

Serves FOLDER/OWNER/NAME as OWNER/NAME, and prints its address; set HF_ENDPOINT to it.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse


def hashed(folder: Path) -> str:
    """The commit of a folder, made of its files."""
    found = hashlib.sha1()
    for file in sorted(folder.iterdir()):
        found.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


class Hub(BaseHTTPRequestHandler):
    root: Path
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def say(self, value: object) -> None:
        self.answer(200, json.dumps(value).encode(), Content_Type="application/json")

    def do_GET(self) -> None:
        parts = [unquote(part) for part in urlparse(self.path).path.split("/") if part]
        if parts[:2] == ["api", "models"]:
            name, rest = "/".join(parts[2:4]), parts[4:]
        else:
            name, rest = "/".join(parts[:2]), parts[2:]
        folder = self.root / name
        if len(parts) < 2 or not folder.is_dir():
            return self.answer(404, X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        commit = hashed(folder)
        if len(rest) > 1 and rest[1] not in ("main", commit):
            return self.answer(404, X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        if parts[0] == "api" and rest[:1] in ([], ["revision"]):
            siblings = [{"rfilename": file.name, "size": file.stat().st_size} for file in sorted(folder.iterdir())]
            return self.say({"id": name, "sha": commit, "siblings": siblings, "private": False, "tags": []})
        if parts[0] == "api" and rest[:1] == ["tree"]:
            files = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": blob(file)}
                for file in sorted(folder.iterdir())
            ]
            return self.say(files)
        if rest[:1] == ["resolve"] and (folder / rest[-1]).is_file():
            file = folder / rest[-1]
            body = file.read_bytes()
            return self.answer(200, body, ETag=f'"{blob(file)}"', X_Repo_Commit=commit)
        self.answer(404, X_Error_Code="EntryNotFound", X_Error_Message="Entry not found")

    do_HEAD = do_GET

    def log_message(self, *arguments: object) -> None:
        pass


def blob(file: Path) -> str:
    """The number that git has for a file."""
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def server(root: Path) -> ThreadingHTTPServer:
    """A server that is not running yet."""
    made = type("HubOf", (Hub,), {"root": root})
    return ThreadingHTTPServer(("127.0.0.1", 0), made)


if __name__ == "__main__":
    running = server(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{running.server_port}", flush=True)
    running.serve_forever()
