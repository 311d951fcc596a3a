"""A server that plays the hub on this machine: model repositories by the endpoints of huggingface_hub 2.4, large files
on another host (localhost for 127.0.0.1), and the ways in which a hub fails."""
import base64
import hashlib
import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub:
    def __init__(self):
        self.repos = {}  # id: {"main": commit, ...}, and (id, commit): {name: bytes}
        self.lfs = {}  # sha256: bytes
        self.requests = []  # (method, host, path, headers)
        self.token = None  # when set, private repositories ask for it
        self.private, self.gated = set(), set()
        self.faults = []  # functions (handler) -> True when they answered
        self.large = lambda name: name.endswith((".safetensors", ".bin"))
        self.page = 1000
        self.chunk = None
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def answer(self, status, body=b"", **headers):
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), str(value))
                if "Content_Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def handle_any(self):
                size = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(size) if size else b""
                hub.requests.append((self.command, self.headers["Host"], self.path, dict(self.headers)))
                for fault in list(hub.faults):
                    if fault(self):
                        return
                hub.route(self)

            do_GET = do_HEAD = do_POST = do_PUT = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url, self.cdn = f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo, files, revision="main"):
        commit = hashlib.sha1(json.dumps([repo, revision, sorted((n, git_sha1(d)) for n, d in files.items())]).encode()).hexdigest()
        self.repos.setdefault(repo, {})[revision] = commit
        self.repos[repo, commit] = dict(files)
        for name, data in files.items():
            self.lfs[hashlib.sha256(data).hexdigest()] = data
        return commit

    def route(self, request):
        url = urllib.parse.urlsplit(request.path)
        path = urllib.parse.unquote(url.path)
        for pattern, handle in (
            (r"/api/models/([^/]+/[^/]+)/revision/(.+)", self.revision), (r"/api/models/([^/]+/[^/]+)/tree/([^/]+)", self.tree),
            (r"/api/repos/create", self.create), (r"/api/models/([^/]+/[^/]+)/preupload/(.+)", self.preupload),
            (r"/api/models/([^/]+/[^/]+)/commit/(.+)", self.commit), (r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", self.batch),
            (r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.resolve), (r"/cdn/([0-9a-f]{64})", self.blob),
            (r"/upload/([0-9a-f]{64})(?:/(\d+))?", self.upload), (r"/verify", lambda r: r.answer(200, {})),
        ):
            if found := re.fullmatch(pattern, path):
                return handle(request, *found.groups())
        request.answer(404, {"error": "no such page"})

    def refused(self, request, repo):
        if repo in self.gated and request.headers.get("Authorization") != f"Bearer {self.token}":
            request.answer(403, {}, X_Error_Code="GatedRepo", X_Error_Message="Access to this model is restricted")
        elif repo not in self.repos or (repo in self.private and request.headers.get("Authorization") != f"Bearer {self.token}"):
            request.answer(401, {}, X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        else:
            return False
        return True

    def revision(self, request, repo, revision):
        if self.refused(request, repo):
            return
        commit = self.repos[repo].get(revision)
        if commit is None:
            return request.answer(404, {}, X_Error_Code="RevisionNotFound", X_Error_Message=f"Invalid rev id: {revision}")
        request.answer(200, {"id": repo, "sha": commit, "siblings": []})

    def tree(self, request, repo, commit):
        if self.refused(request, repo):
            return
        entries = []
        for name, data in sorted(self.repos[repo, commit].items()):
            entry = {"type": "file", "path": name, "size": len(data), "oid": git_sha1(data)}
            if self.large(name):
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        entries += [{"type": "directory", "path": p, "size": 0, "oid": "0" * 40} for p in {n.split("/")[0] for n in self.repos[repo, commit] if "/" in n}]
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        begin = int(query.get("cursor", ["0"])[0])
        more = {}
        if begin + self.page < len(entries):
            more["Link"] = f'<{self.url}/api/models/{repo}/tree/{commit}?recursive=True&cursor={begin + self.page}>; rel="next"'
        request.answer(200, entries[begin : begin + self.page], **more)

    def resolve(self, request, repo, commit, name):
        if self.refused(request, repo):
            return
        data = self.repos[repo, commit].get(name)
        if data is None:
            return request.answer(404, {}, X_Error_Code="EntryNotFound")
        if self.large(name):
            digest = hashlib.sha256(data).hexdigest()
            return request.answer(302, Location=f"{self.cdn}/cdn/{digest}", X_Repo_Commit=commit, X_Linked_Size=len(data),
                                  X_Linked_Etag=f'"{digest}"', ETag='"other"')
        head = {"Content_Length": len(data)}
        request.answer(200, data, X_Repo_Commit=commit, ETag=f'W/"{git_sha1(data)}"', **head)

    def blob(self, request, digest):
        data = self.lfs[digest]
        if given := re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", "")):
            begin = int(given[1])
            return request.answer(206, data[begin:], Content_Range=f"bytes {begin}-{len(data) - 1}/{len(data)}")
        request.answer(200, data)

    # ---- uploads

    def create(self, request):
        asked = json.loads(request.body)
        repo = f"{asked['organization']}/{asked['name']}"
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return request.answer(401, {}, X_Error_Message="Invalid credentials")
        if repo in self.repos:
            return request.answer(409, {"error": "exists"})
        self.repos[repo] = {}
        request.answer(200, {"url": f"{self.url}/{repo}"})

    def preupload(self, request, repo, revision):
        files = json.loads(request.body)["files"]
        assert all(base64.b64decode(f["sample"]) is not None for f in files)
        request.answer(200, {"files": [{"path": f["path"], "uploadMode": "lfs" if self.large(f["path"]) else "regular",
                                        "shouldIgnore": f["path"].endswith(".tmp")} for f in files]})

    def batch(self, request, repo):
        objects = []
        for item in json.loads(request.body)["objects"]:
            out = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] not in self.lfs:
                place = f"{self.cdn}/upload/{item['oid']}"
                upload = {"href": place}
                if self.chunk:
                    parts = -(-item["size"] // self.chunk)
                    upload["header"] = {"chunk_size": str(self.chunk)} | {f"{i + 1:05d}": f"{place}/{i}" for i in range(parts)}
                out["actions"] = {"upload": upload, "verify": {"href": f"{self.url}/verify"}}
            objects.append(out)
        request.answer(200, {"transfer": "basic", "objects": objects})

    def upload(self, request, digest, part):
        assert "Authorization" not in request.headers
        if request.command == "POST":
            asked = json.loads(request.body)
            request.body = b"".join(self.lfs.pop((digest, i)) for i in range(len(asked["parts"])))
        elif part is not None:
            self.lfs[digest, int(part)] = request.body
            return request.answer(200, ETag=f'"part-{part}"')
        assert hashlib.sha256(request.body).hexdigest() == digest
        self.lfs[digest] = request.body
        request.answer(200, {})

    def commit(self, request, repo, revision):
        files = {}
        lines = [json.loads(line) for line in request.body.decode().splitlines()]
        for line in lines[1:]:
            value = line["value"]
            files[value["path"]] = self.lfs[value["oid"]] if line["key"] == "lfsFile" else base64.b64decode(value["content"])
        commit = self.add(repo, files, revision)
        request.answer(200, {"commitOid": commit, "commitUrl": f"{self.url}/{repo}/commit/{commit}", "success": True})
