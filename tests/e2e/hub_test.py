"""lmkor pull and push against a server that plays the hub; the cache is the one that huggingface_hub keeps."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from fake_hub import FakeHub

BIN = pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor"
REPO = "kim/electra-kor"
FILES = {
    "config.json": b'{"model_type": "electra"}\n',
    "README.md": "# 모델\n".encode(),
    "vocab.txt": "[PAD]\n한국\n".encode(),
    "model.safetensors": bytes(range(256)) * 3000,
    "onnx/model.onnx": b"onnx" * 100,
    "empty.txt": b"",
    "이름 둘.txt": b"blank and Hangul in its name",
    "copy.safetensors": bytes(range(256)) * 3000,
}


@pytest.fixture
def hub():
    served = FakeHub()
    served.commit_id = served.add(REPO, FILES)
    yield served
    served.close()


def environment(hub, cache, **more):
    out = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "TRANSFORMERS_", "XDG_"))}
    return out | {"HF_ENDPOINT": hub.url, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"} | more


def run(hub, cache, *arguments, code=0, **more):
    done = subprocess.run([str(BIN), *map(str, arguments)], capture_output=True, text=True, env=environment(hub, cache, **more))
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr.split("lmkor: error ")[-1]


def pull(hub, cache, *arguments, **more):
    return json.loads(run(hub, cache, "pull", REPO, "--json", "--quiet", *arguments, **more))


def theirs(hub, cache, call, **more):
    """A call of huggingface_hub in a process of its own: it reads its environment once."""
    script = f"import huggingface_hub as h\nprint({call})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(hub, cache, **more))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def listing(cache):
    """Every file and link below the cache by its relative path: bytes, or where it points. Locks are their own affair."""
    out = {}
    for path in sorted((cache / "hub").rglob("*")):
        name = str(path.relative_to(cache))
        if ".locks" in path.parts or path.is_dir() and not path.is_symlink():
            continue
        out[name] = os.readlink(path) if path.is_symlink() else path.read_bytes()
        if "/trees/" in name:
            out[name] = json.loads(out[name])
    return out


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in pathlib.Path(folder).rglob("*") if p.is_file()}


def test_cache_is_that_of_huggingface_hub(hub, tmp_path):
    result = pull(hub, tmp_path / "ours")
    assert result["commit"] == hub.commit_id and result["files"] == len(FILES)
    assert files_of(result["path"]) == FILES
    theirs(hub, tmp_path / "theirs", f"h.snapshot_download({REPO!r})")
    assert listing(tmp_path / "ours") == listing(tmp_path / "theirs")
    # each reads what the other wrote, without a network
    offline = dict(HF_HUB_OFFLINE="1")
    assert theirs(hub, tmp_path / "ours", f"h.snapshot_download({REPO!r})", **offline) == result["path"]
    path = theirs(hub, tmp_path / "ours", f"h.hf_hub_download({REPO!r}, 'config.json')", **offline)
    assert pathlib.Path(path).read_bytes() == FILES["config.json"]
    assert files_of(pull(hub, tmp_path / "theirs", **offline)["path"]) == FILES
    assert theirs(hub, tmp_path / "ours", f"h.scan_cache_dir().warnings") == "[]"


def test_what_is_there_is_not_fetched_again(hub, tmp_path):
    first = pull(hub, tmp_path)
    assert first["bytes_downloaded"] == sum(map(len, FILES.values())) - len(FILES["copy.safetensors"])
    hub.requests.clear()
    assert pull(hub, tmp_path)["bytes_downloaded"] == 0
    assert [path for method, _, path, _ in hub.requests] == [f"/api/models/{REPO}/revision/main"]
    # a commit needs no request at all
    hub.requests.clear()
    assert pull(hub, tmp_path, "--revision", hub.commit_id)["path"] == first["path"]
    assert hub.requests == []


def test_revisions_and_patterns(hub, tmp_path):
    commit = hub.add(REPO, {"config.json": b"{}"}, revision="refs/pr/1")
    out = pull(hub, tmp_path, "--revision", "refs/pr/1")
    assert out["commit"] == commit and files_of(out["path"]) == {"config.json": b"{}"}
    assert (tmp_path / "hub/models--kim--electra-kor/refs/refs/pr/1").read_text() == commit
    out = pull(hub, tmp_path, "--include", "*.json", "--include", "onnx/*", "--exclude", "*.onnx")
    assert set(files_of(out["path"])) == {"config.json"}
    text = run(hub, tmp_path, "pull", REPO, "--include", "*.nothing", code=66)
    assert text == f"(not_found): {REPO}: none of its 8 files fits the patterns\n"


def test_pages_of_the_list(hub, tmp_path):
    hub.page = 3
    assert files_of(pull(hub, tmp_path)["path"]) == FILES


def test_token_stays_with_the_hub(hub, tmp_path):
    hub.token, hub.private = "hf_secret", {REPO}
    (tmp_path / "token").write_text("hf_secret\n")
    for number, more in enumerate((dict(HF_TOKEN="hf_secret"), dict(HUGGING_FACE_HUB_TOKEN="hf_secret"), dict(HF_TOKEN_PATH=str(tmp_path / "token")))):
        hub.requests.clear()
        pull(hub, tmp_path / str(number), **more)
        for method, host, path, headers in hub.requests:
            own = host.startswith("127.0.0.1")
            assert (headers.get("Authorization") == "Bearer hf_secret") == own, path
        assert any(host.startswith("localhost") for _, host, _, _ in hub.requests)
    run(hub, tmp_path / "x", "pull", REPO, code=66, HF_TOKEN_PATH=str(tmp_path / "token"), HF_HUB_DISABLE_IMPLICIT_TOKEN="1")


def test_refusals_are_explained(hub, tmp_path):
    hub.gated = {REPO}
    assert run(hub, tmp_path, "pull", REPO, code=66) == (
        f"(not_found): {REPO}: access has to be asked for at {hub.url}/{REPO}; no token was given (HF_TOKEN, or the file that "
        "hf auth login writes) (the hub says: Access to this model is restricted)\n")
    assert run(hub, tmp_path, "pull", "kim/none", code=66, HF_TOKEN="x") == (
        f"(not_found): kim/none: no such repository at {hub.url}, or it is private; a token was given (HF_TOKEN, or the file "
        "that hf auth login writes) (the hub says: Repository not found)\n")
    hub.gated = set()
    assert run(hub, tmp_path, "pull", REPO + "@v9", code=66) == (
        f'(not_found): {REPO}: no revision "v9" (the hub says: Invalid rev id: v9)\n')
    assert run(hub, tmp_path, "pull", "no-slash", code=2) == (
        '(usage): got "no-slash", expected a repository as ORG/NAME or ORG/NAME@REVISION\n')
    assert run(hub, tmp_path, "pull", "kim/../x", code=2).startswith('(usage): got "kim/../x"')
    assert run(hub, tmp_path, "pull", REPO, code=66, HF_HUB_OFFLINE="1") == (
        f"(not_found): {REPO}@main: not in the cache {tmp_path}/hub, and HF_HUB_OFFLINE forbids to fetch it\n")
    assert not list(tmp_path.rglob("*.json"))


def test_hub_that_is_not_there(hub, tmp_path):
    hub.close()
    begin = time.monotonic()
    text = run(hub, tmp_path, "pull", REPO, code=69)
    assert text.startswith(f"(environment): {hub.url}: the repository: Failed to connect to 127.0.0.1 port {hub.port}")
    assert text.endswith(", tried 5 times; with HF_HUB_OFFLINE=1 only the cache is asked\n")
    assert time.monotonic() - begin < 60


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_passing_faults_are_tried_again(hub, tmp_path, status):
    left = {"/api/": 2, "/resolve/": 2, "/cdn/": 1}

    def fault(request):
        for part, count in left.items():
            if part in request.path and count > 0:
                left[part] -= 1
                request.answer(status, b"later", **({"Retry_After": 1} if status == 429 else {}))
                return True

    hub.faults.append(fault)
    assert files_of(pull(hub, tmp_path)["path"]) == FILES
    assert not any(left.values())


def test_faults_that_stay(hub, tmp_path):
    hub.faults.append(lambda request: "/tree/" in request.path and (request.answer(500, b"") or True))
    text = run(hub, tmp_path, "pull", REPO, code=69)
    assert text == f"(environment): {hub.url}: the list of files: the hub answered 500, tried 5 times; try again later\n"


def cut(hub, after, times):
    """Large files: the connection breaks after so many bytes, so many times."""
    left = [times]

    def fault(request):
        if "/cdn/" not in request.path or left[0] == 0:
            return False
        left[0] -= 1
        data = hub.lfs[request.path.removeprefix("/cdn/")]
        begin = int(request.headers.get("Range", "bytes=0-")[6:-1])
        request.send_response(206 if begin else 200)
        request.send_header("Content-Length", str(len(data) - begin))
        request.end_headers()
        request.wfile.write(data[begin : begin + after])
        request.close_connection = True
        return True

    hub.faults.append(fault)


def test_broken_connections_are_gone_on_with(hub, tmp_path):
    hub.repos[REPO, hub.commit_id].pop("copy.safetensors")
    cut(hub, 200_000, 3)
    out = pull(hub, tmp_path)
    assert (pathlib.Path(out["path"]) / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    ranges = [h.get("Range") for _, _, path, h in hub.requests if "/cdn/" in path]
    assert ranges == [None, "bytes=200000-", "bytes=400000-", "bytes=600000-"]


def test_a_later_run_goes_on(hub, tmp_path):
    hub.repos[REPO, hub.commit_id].pop("copy.safetensors")
    cut(hub, 100_000, 5)
    text = run(hub, tmp_path, "pull", REPO, code=69)
    assert f"{REPO}/model.safetensors: " in text and text.endswith("tried 5 times; run the same command again to go on\n")
    snapshot = tmp_path / "hub/models--kim--electra-kor/snapshots" / hub.commit_id
    assert not (snapshot / "model.safetensors").exists()  # nothing half-written counts
    hub.requests.clear()
    assert pull(hub, tmp_path)["bytes_downloaded"] == len(FILES["model.safetensors"]) - 500_000
    assert [h.get("Range") for _, _, path, h in hub.requests if "/cdn/" in path] == ["bytes=500000-"]
    assert not list(tmp_path.rglob("*.incomplete"))


def test_ranges_that_are_ignored(hub, tmp_path):
    cut(hub, 200_000, 1)

    def whole(request):
        if "/cdn/" in request.path and "Range" in request.headers:
            request.answer(200, hub.lfs[request.path.removeprefix("/cdn/")])
            return True

    hub.faults.append(whole)
    assert files_of(pull(hub, tmp_path)["path"]) == FILES


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_wrong_bytes(hub, tmp_path, file):
    good = FILES[file]
    bad = bytes([good[0] ^ 1]) + good[1:]

    def fault(request):
        digest = hashlib.sha256(good).hexdigest()
        if request.command == "GET" and request.path.endswith(("/cdn/" + digest, "/config.json" if file == "config.json" else "\n")):
            request.answer(200, bad)
            return True

    hub.faults.append(fault)
    text = run(hub, tmp_path, "pull", REPO, "--include", file, code=65)
    assert text.startswith(f"(data): {REPO}/{file}: wrong bytes came: their hash is ")
    assert text.endswith("; they were removed, run the same command again\n")
    blobs = tmp_path / "hub/models--kim--electra-kor/blobs"
    assert not list(blobs.iterdir())
    hub.faults.clear()
    assert pull(hub, tmp_path, "--include", file)["files"] == 1


@pytest.mark.parametrize("name", ["../../outside", "/absolute", "a/../../b"])
def test_names_that_lead_out(hub, tmp_path, name):
    hub.add(REPO, {name: b"x"})
    text = run(hub, tmp_path / "cache", "pull", REPO, code=65)
    assert text == f'(data): {REPO}: the hub names a file "{name}", which would lie outside the cache\n'
    assert not (tmp_path / "outside").exists()


def test_a_half_written_cache(hub, tmp_path):
    path = pathlib.Path(pull(hub, tmp_path)["path"])
    blob = (path / "vocab.txt").resolve()
    blob.unlink()
    text = run(hub, tmp_path, "pull", REPO, code=66, HF_HUB_OFFLINE="1")
    assert text == (f"(not_found): {path}/vocab.txt: points to a file that is not there; lmkor pull {REPO}@main fetches it again\n")
    assert files_of(pull(hub, tmp_path)["path"]) == FILES  # mended
    (path / "README.md").unlink()
    text = run(hub, tmp_path, "pull", REPO, code=66, HF_HUB_OFFLINE="1")
    assert "README.md: the snapshot in the cache is not complete, and HF_HUB_OFFLINE forbids to fetch the rest" in text


def test_without_links(hub, tmp_path):
    hub.repos[REPO, hub.commit_id].pop("copy.safetensors")
    path = pathlib.Path(pull(hub, tmp_path, HF_HUB_DISABLE_SYMLINKS="1")["path"])
    assert not any(p.is_symlink() for p in path.rglob("*"))
    assert set(files_of(path)) == set(FILES) - {"copy.safetensors"}


def test_two_at_once(hub, tmp_path):
    calls = [subprocess.Popen([str(BIN), "pull", REPO, "--quiet"], env=environment(hub, tmp_path), stdout=subprocess.PIPE) for _ in range(3)]
    paths = {call.communicate()[0] for call in calls}
    assert [call.returncode for call in calls] == [0, 0, 0] and len(paths) == 1
    assert files_of(paths.pop().decode().strip()) == FILES


def test_models_in_the_cache_have_their_name(hub, tmp_path):
    text = run(hub, tmp_path, "model", "export", "--model", REPO, "--output", tmp_path / "out", code=66)
    assert text == f"(not_found): {REPO}: no such folder, and not in the cache {tmp_path}/hub; lmkor pull {REPO} fetches it\n"
    pull(hub, tmp_path)
    text = run(hub, tmp_path, "model", "export", "--model", REPO, "--output", tmp_path / "out", code=65)
    assert 'config.json: key "vocab_size" is missing' in text


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "folder" / "scratch.tmp").write_text("the hub ignores it")
    (tmp_path / "folder" / ".git").mkdir()
    (tmp_path / "folder" / ".git" / "HEAD").write_text("hidden")
    return tmp_path / "folder"


@pytest.mark.parametrize("chunk", [None, 300_000])
def test_push(hub, tmp_path, folder, chunk):
    hub.token, hub.chunk = "hf_secret", chunk
    hub.lfs.clear()
    out = json.loads(run(hub, tmp_path, "push", folder, "lee/new", "--json", "--quiet", "--message", "처음", HF_TOKEN="hf_secret"))
    assert hub.repos["lee/new", out["commit"]] == FILES and out["files"] == len(FILES)
    assert out["url"] == f"{hub.url}/lee/new/commit/{out['commit']}"
    assert out["bytes_uploaded"] == len(FILES["model.safetensors"])  # its copy is the same object
    again = json.loads(run(hub, tmp_path, "push", folder, "lee/new", "--json", "--quiet", HF_TOKEN="hf_secret"))
    assert again["bytes_uploaded"] == 0
    back = json.loads(run(hub, tmp_path, "pull", "lee/new", "--json", "--quiet"))
    assert files_of(back["path"]) == FILES


def test_push_that_fails_leaves_nothing(hub, tmp_path, folder):
    hub.token = "hf_secret"
    hub.lfs.clear()
    assert run(hub, tmp_path, "push", folder, "lee/new", code=2) == "(usage): push: no token; set HF_TOKEN, or log in with hf auth login\n"
    text = run(hub, tmp_path, "push", folder, "lee/new", code=66, HF_TOKEN="wrong")
    assert "Invalid credentials" in text
    hub.faults.append(lambda request: "/upload/" in request.path and (request.answer(403, b"expired") or True))
    text = run(hub, tmp_path, "push", folder, "lee/new", "--quiet", code=69, HF_TOKEN="hf_secret")
    assert text == "(environment): lee/new: uploading copy.safetensors: the hub refuses it; a token was given\n"
    assert hub.repos["lee/new"] == {}  # no commit
