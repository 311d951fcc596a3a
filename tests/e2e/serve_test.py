"""lmkor serve: real clients, bad input, limits, keys, reloading and shutting down. Every answer given under load is compared
with the answer to the same request alone."""
import base64
import gzip
import http.client
import json
import math
import os
import pathlib
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import numpy
import openai
import pytest
import torch
import transformers
from huggingface_hub import InferenceClient
from openapi_spec_validator import validate as validate_openapi
from prometheus_client.parser import text_string_to_metric_families
from transformers import BertConfig, ElectraConfig

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SYLLABLES = "가나다라마바사"
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SYLLABLES, *("##" + s for s in SYLLABLES), "."]
SHAPE = dict(vocab_size=len(TOKENS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
             max_position_embeddings=32)
LABELS = ["나쁨", "좋음"]


def make(folder, name, **more):
    torch.manual_seed(len(name))
    config = (ElectraConfig if name.startswith("Electra") else BertConfig)(**SHAPE | more)
    getattr(transformers, name)(config).save_pretrained(folder / name)
    (folder / name / "vocab.txt").write_text("".join(t + "\n" for t in TOKENS), encoding="utf-8")
    (folder / name / "tokenizer_config.json").write_text('{"strip_accents": false}')
    return folder / name


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    names = dict(id2label=dict(enumerate(LABELS)), label2id={l: i for i, l in enumerate(LABELS)})
    out = {
        "embed": make(folder, "BertModel"),
        "mlm": make(folder, "BertForMaskedLM"),
        "sentiment": make(folder, "BertForSequenceClassification", **names),
        "ner": make(folder, "BertForTokenClassification", id2label={0: "O", 1: "B-PS", 2: "I-PS"}),
        "qa": make(folder, "BertForQuestionAnswering"),
        "detect": make(folder, "ElectraForPreTraining"),
    }
    torch.manual_seed(1)
    transformers.BertForSequenceClassification(BertConfig(**SHAPE, num_labels=1)).save_pretrained(folder / "rank")
    for name in ("vocab.txt", "tokenizer_config.json"):
        (folder / "rank" / name).write_bytes((out["embed"] / name).read_bytes())
    return out | {"rank": folder / "rank"}


class Server:
    def __init__(self, models, *flags, env=None):
        named = [f"{name}={path}" for name, path in models.items()]
        self.process = subprocess.Popen([LMKOR, "serve", "--port", "0", "--threads", "1", "--model", *named, *map(str, flags)],
                                        stderr=subprocess.PIPE, text=True, env=os.environ | (env or {}))
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if "listening at" in line:
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise AssertionError("".join(self.log))
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, headers=None, raw=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = ({"Content-Type": "application/json"} if data is not None else {}) | (headers or {})
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status, json.loads(content) if is_json and content else content.decode(), response.headers

    def post(self, path, body, status=200, **more):
        got, answer, _ = self.ask("POST", path, body, **more)
        assert got == status, answer
        return answer

    def wait_for(self, text, seconds=60):
        end = time.monotonic() + seconds
        while not any(text in line for line in list(self.log)):
            assert time.monotonic() < end, self.log
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.reader.join()
        return code


@pytest.fixture(scope="module")
def server(models):
    server = Server(models)
    yield server
    assert server.stop() == 0


def command(name, model, text, *flags):
    out = subprocess.run([LMKOR, name, "--model", model, *flags], input=text.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in out.stdout.decode().splitlines()]


# --- what routes answer: the same objects as the commands

def test_own_routes_answer_as_the_commands_do(server, models):
    texts = ["가 나다 라", "마바사 가.", "다"]
    lines = "\n".join(texts) + "\n"
    for route, name, program in (("/ner", "ner", "ner"), ("/detect", "detect", "detect")):
        assert server.post(route, {"model": name, "inputs": texts}) == command(program, models[name], lines)
        assert server.post(route, {"model": name, "inputs": texts[0]}) == command(program, models[name], texts[0] + "\n")[0]
    masked = ["가 [MASK] 다", "[MASK] 나 [MASK]"]
    want = command("fill-mask", models["mlm"], "\n".join(masked) + "\n", "--top", "3")
    assert server.post("/fill-mask", {"model": "mlm", "inputs": masked, "top_k": 3}) == want
    want = command("answer", models["qa"], "가 나\t다라 마바 사\n")[0]
    assert server.post("/answer", {"model": "qa", "question": "가 나", "context": "다라 마바 사"}) == want


def test_embed(server, models):
    texts = ["가 나다", "마", "바사 바사 가"]
    plain = [one["embedding"] for one in command("encode", models["embed"], "\n".join(texts) + "\n", "--pooling", "mean")]
    got = server.post("/embed", {"inputs": texts, "normalize": False})
    numpy.testing.assert_array_equal(numpy.float32(got), numpy.float32(plain))
    unit = numpy.array(plain) / numpy.linalg.norm(plain, axis=1, keepdims=True)
    numpy.testing.assert_allclose(server.post("/embed", {"inputs": texts}), unit, rtol=1e-5, atol=1e-7)
    assert server.post("/embed", {"inputs": texts[0]}) == server.post("/embed", {"inputs": [texts[0]]})
    short = server.post("/embed", {"inputs": texts[0], "dimensions": 4})[0]
    assert len(short) == 4 and math.isclose(numpy.linalg.norm(short), 1, rel_tol=1e-5)
    every = command("encode", models["embed"], texts[0] + "\n", "--pooling", "none")[0]
    numpy.testing.assert_array_equal(numpy.float32(server.post("/embed_all", {"inputs": texts[0]})[0]), numpy.float32(every["hidden"]))
    cosines = server.post("/similarity", {"inputs": {"source_sentence": texts[0], "sentences": texts}})
    numpy.testing.assert_allclose(cosines, unit @ unit[0], rtol=1e-4, atol=1e-6)


def test_predict_and_rerank(server, models):
    want = command("predict", models["sentiment"], "가 나\n")[0]["scores"]
    got = server.post("/predict", {"model": "sentiment", "inputs": "가 나"})
    assert {one["label"]: one["score"] for one in got} == want and got[0]["score"] >= got[1]["score"]
    many = server.post("/predict", {"model": "sentiment", "inputs": [["가 나"], ["가", "다라"]]})
    assert many[0] == got and many[1] == server.post("/predict", {"model": "sentiment", "inputs": ["가", "다라"]})
    texts = ["가", "나 다", "라 마 바"]
    ranks = server.post("/rerank", {"model": "rank", "query": "사 가", "texts": texts, "return_text": True})
    assert sorted(one["index"] for one in ranks) == [0, 1, 2]
    assert [one["score"] for one in ranks] == sorted((one["score"] for one in ranks), reverse=True)
    assert all(one["text"] == texts[one["index"]] for one in ranks)
    refused = server.post("/rerank", {"model": "sentiment", "query": "가", "texts": ["나"]}, status=424)
    assert refused == {"error": "the model has 2 labels, expected one: a score of how well a text fits a query", "error_type": "Backend"}


def test_tokenize_and_decode(server):
    tokens = server.post("/tokenize", {"inputs": "가나 다"})[0]
    assert [t["text"] for t in tokens] == ["[CLS]", "가", "##나", "다", "[SEP]"]
    assert tokens[2] == {"id": TOKENS.index("##나"), "text": "##나", "special": False, "start": 1, "stop": 2}
    assert tokens[0]["start"] is None and tokens[0]["special"]
    assert server.post("/decode", {"ids": [t["id"] for t in tokens]}) == ["가나 다"]
    assert "[CLS]" in server.post("/decode", {"ids": [[2, 5]], "skip_special_tokens": False})[0]
    assert "expected less than 20" in server.post("/decode", {"ids": [4000]}, status=422)["error"]


def test_info_health_and_metrics(server):
    assert server.ask("GET", "/health")[:2] == (200, {})
    info = server.ask("GET", "/info?model=sentiment")[1]
    assert info["model_type"] == {"classifier": {"id2label": {"0": "나쁨", "1": "좋음"}, "label2id": {"나쁨": 0, "좋음": 1}}}
    assert info["max_input_length"] == 32 and info["models"][0] == "embed" and "/predict" in info["routes"]
    status, text, headers = server.ask("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(name.startswith("lmkor_") for name in families)
    assert {"lmkor_requests", "lmkor_request_seconds", "lmkor_queue_seconds", "lmkor_infer_seconds", "lmkor_queue_inputs"} <= set(families)


def test_kserve(server, models):
    assert server.ask("GET", "/v2/health/ready")[:2] == (200, {"ready": True})
    assert server.ask("GET", "/v2/models/sentiment/ready")[1]["ready"] is True
    assert server.ask("GET", "/v2/models/none/ready")[0] == 404
    outputs = server.ask("GET", "/v2/models/sentiment")[1]["outputs"]
    assert [one["name"] for one in outputs] == ["label", "scores"]
    texts = ["가 나", "다"]
    body = {"id": "7", "inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": texts}]}
    answer = server.post("/v2/models/sentiment/infer", body)
    want = command("predict", models["sentiment"], "\n".join(texts) + "\n")
    assert answer["model_name"] == "sentiment" and answer["id"] == "7"
    assert answer["outputs"][0]["data"] == [one["label"] for one in want]
    assert answer["outputs"][1]["shape"] == [2, 2]
    numpy.testing.assert_allclose(answer["outputs"][1]["data"], [score for one in want for score in one["scores"].values()], rtol=1e-6)
    answer = server.post("/v2/models/ner/infer", body)
    assert [json.loads(one) for one in answer["outputs"][0]["data"]] == command("ner", models["ner"], "\n".join(texts) + "\n")
    body["inputs"][0]["shape"] = [3]
    assert "has 2 texts and the shape [3]" in server.post("/v2/models/ner/infer", body, status=422)["error"]


# --- clients of others

def test_openai_client(server):
    client = openai.OpenAI(base_url=server.url + "/v1", api_key="none")
    texts = ["가 나다", "마"]
    want = server.post("/embed", {"inputs": texts})
    for how in ({}, {"encoding_format": "float"}):  # it asks for base64 by itself
        answer = client.embeddings.create(model="embed", input=texts, **how)
        numpy.testing.assert_array_equal(numpy.float32([one.embedding for one in answer.data]), numpy.float32(want))
        assert answer.usage.prompt_tokens == 5 + 3 and [one.index for one in answer.data] == [0, 1]
    raw = server.post("/v1/embeddings", {"input": texts[0], "encoding_format": "base64"})["data"][0]["embedding"]
    assert list(struct.unpack("<16f", base64.b64decode(raw))) == pytest.approx(want[0])
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="other", input=texts)


def test_hub_client(server, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # it is the server that is asked
    vector = InferenceClient(model=server.url + "/embed").feature_extraction("가 나다")
    numpy.testing.assert_allclose(vector[0], server.post("/embed", {"inputs": "가 나다"})[0], rtol=1e-6)
    found = InferenceClient(model=server.url + "/similarity").sentence_similarity("가", other_sentences=["가", "나 다"])
    assert found[0] == pytest.approx(1, rel=1e-5)


def test_curl(server):
    done = subprocess.run(["curl", "-sS", "--compressed", server.url + "/embed", "-H", "content-type: application/json", "-d",
                           json.dumps({"inputs": ["가 나다"] * 20})], capture_output=True, check=True)
    assert numpy.array(json.loads(done.stdout)).shape == (20, 16)


def test_openapi_document(server):
    document = server.ask("GET", "/openapi.json")[1]
    assert document["openapi"] == "3.1.0"
    validate_openapi(document)
    assert {"/embed", "/v1/embeddings", "/v2/models/{model}/infer", "/fill-mask"} <= set(document["paths"])


def test_schemathesis(server, tmp_path):
    """Documented codes, content types and shapes, no 5xx, whatever is sent. A text that fits the schema may still be refused."""
    tool = pathlib.Path(sys.executable).parent / "schemathesis"
    done = subprocess.run([tool, "run", server.url + "/openapi.json", "--max-examples", "8", "--phases", "coverage,fuzzing", "--seed", "1",
                           "--exclude-checks", "positive_data_acceptance", "--no-color"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Tested: 2" in done.stdout  # 21 operations


# --- bad input: the right code, one line, nothing of the text

BAD = [
    ("/embed", b"{", 400, "the body is no JSON: fault at byte 2"),
    ("/embed", b'{"inputs": "\\ud800"}', 400, "the body is no JSON"),
    ("/embed", b'{"inputs": "\xff"}', 400, "the body is no JSON"),
    ("/embed", b"[]", 422, "the body: got a list, expected an object"),
    ("/embed", b"{}", 422, "inputs: is missing"),
    ("/embed", b'{"inputs": 5}', 422, "inputs: got an integer, expected a string or a list of strings"),
    ("/embed", b'{"inputs": ["a", 5]}', 422, "inputs[1]: got an integer, expected a string"),
    ("/embed", b'{"inputs": []}', 400, "inputs: got an empty list, expected at least 1"),
    ("/embed", b'{"inputs": ["a", ""]}', 400, "inputs[1]: got an empty string, expected text"),
    ("/embed", b'{"inputs": "a", "normalize": "yes"}', 422, "normalize: got a string, expected a bool or null"),
    ("/embed", b'{"inputs": "a", "dimensions": 99}', 422, "dimensions: got 99, expected at most 16, the width of the model"),
    ("/embed", b'{"inputs": "a", "model": "x"}', 404, "model: there is no such model here, expected one of embed, mlm,"),
    ("/embed", json.dumps({"inputs": ["a"] * 10000}).encode(), 413, "got 10000 texts, expected at most 256 in a request"),
    ("/embed", json.dumps({"inputs": "가 " * 40}).encode(), 413, 'inputs[0]: got 42 tokens, expected at most 32; "truncate": true cuts it'),
    ("/fill-mask", b'{"model": "mlm", "inputs": "a"}', 422, "inputs[0]: "),
    ("/fill-mask", b'{"inputs": "[MASK]"}', 424, "model embed is a BertModel, which does not serve /fill-mask; /info lists what it does"),
    ("/v1/embeddings", b'{"input": "a", "encoding_format": "hex"}', 422, 'encoding_format: got "hex", expected one of "float", "base64", null'),
    ("/none", b"{}", 404, "there is no such path"),
]


@pytest.mark.parametrize("path, body, code, text", BAD, ids=range(len(BAD)))
def test_bad_input(server, path, body, code, text):
    status, answer, headers = server.ask("POST", path, raw=body)
    assert status == code and text in answer["error"] and "\n" not in answer["error"] and set(answer) == {"error", "error_type"}
    assert headers["x-request-id"]
    assert server.ask("GET", "/health")[0] == 200


def test_a_text_of_a_megabyte(server):
    text = "가나다 " * 100_000
    assert server.post("/embed", {"inputs": text}, status=413)
    assert len(server.post("/embed", {"inputs": text, "truncate": True})) == 1
    assert server.ask("POST", "/embed", raw=b"x" * (3 << 20))[0] == 413
    bomb = gzip.compress(b" " * (50 << 20))
    assert server.ask("POST", "/embed", raw=bomb, headers={"Content-Encoding": "gzip"})[0] == 413


def test_methods_types_and_encodings(server):
    status, _, headers = server.ask("GET", "/embed")
    assert status == 405 and headers["Allow"] == "POST"
    assert server.ask("POST", "/embed", raw=b"{}", headers={"Content-Type": "text/plain"})[0] == 415
    packed = gzip.compress(json.dumps({"inputs": "가"}).encode())
    assert server.ask("POST", "/embed", raw=packed, headers={"Content-Encoding": "gzip"})[0] == 200
    assert server.ask("POST", "/embed", raw=b"x", headers={"Content-Encoding": "br"})[0] == 415
    status, answer, headers = server.ask("POST", "/embed", {"inputs": ["가"] * 50}, headers={"Accept-Encoding": "gzip", "x-request-id": "mine-7"})
    assert headers["Content-Encoding"] == "gzip" and headers["x-request-id"] == "mine-7" and len(answer) == 50
    assert "Access-Control-Allow-Origin" not in server.ask("GET", "/health", headers={"Origin": "https://a.example"})[2]


def raw_exchange(port, data, shut=False, seconds=20):
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(data)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        out = b""
        while part := connection.recv(1 << 16):
            out += part
        return out


def test_connections(server):
    body = json.dumps({"inputs": "가"}).encode()
    one = b"POST /embed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    # pipelined: three answers in order
    out = raw_exchange(server.port, (one + b"\r\n" + body) * 2 + one + b"Connection: close\r\n\r\n" + body)
    assert out.count(b"HTTP/1.1 200 OK") == 3
    # the client's side shut after its request
    assert b"200 OK" in raw_exchange(server.port, one + b"\r\n" + body, shut=True)
    # half a request, nonsense, a header without end
    assert b"400 Bad Request" in raw_exchange(server.port, one + b"\r\n" + body[:4], shut=True)
    assert b"400 Bad Request" in raw_exchange(server.port, b"nonsense\r\n\r\n")
    assert b"431" in raw_exchange(server.port, b"GET / HTTP/1.1\r\nX: " + b"x" * 20000)
    assert b"100 Continue" in raw_exchange(server.port, one + b"Expect: 100-continue\r\nConnection: close\r\n\r\n" + body)
    assert server.ask("GET", "/health")[0] == 200


def test_a_client_that_sends_slowly_is_dropped(models):
    server = Server({"embed": models["embed"]}, "--serve-read-seconds", "0.5", "--serve-idle-seconds", "0.5")
    start = time.monotonic()
    assert raw_exchange(server.port, b"POST /embed HTTP/1.1\r\nHost: a\r\nContent-Le") == b""
    assert raw_exchange(server.port, b"POST /embed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{") == b""
    assert time.monotonic() - start < 10
    assert server.post("/embed", {"inputs": "가"})
    assert server.stop() == 0


# --- events, load, limits

def test_events_tell_progress(server):
    texts = [f"가 {'나' * (i % 5 + 1)}" for i in range(100)]
    status, text, headers = server.ask("POST", "/embed", {"inputs": texts}, headers={"Accept": "text/event-stream"})
    assert status == 200 and headers["Content-Type"] == "text/event-stream"
    events = [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.strip().split("\n\n")]
    assert [json.loads(e["data"])["done"] for e in events if e["event"] == "progress"] == [32, 64, 96, 100]
    assert json.loads(events[-1]["data"]) == server.post("/embed", {"inputs": texts}) and events[-1]["event"] == "result"


def test_answers_under_load_are_those_given_alone(server):
    draw = random.Random(4)
    text = lambda: " ".join("".join(draw.choice(SYLLABLES) for _ in range(draw.randint(1, 3))) for _ in range(draw.randint(1, 6)))
    requests = []
    for _ in range(60):
        requests += [("/embed", {"inputs": [text() for _ in range(draw.randint(1, 4))]}), ("/predict", {"model": "sentiment", "inputs": text()}),
                     ("/ner", {"model": "ner", "inputs": text()}), ("/embed_all", {"inputs": text()})]
    alone = [server.post(*request) for request in requests]
    order = list(range(len(requests)))
    draw.shuffle(order)
    got, faults = {}, []

    def work(part):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for i in part:
            path, body = requests[i]
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status != 200:
                faults.append((response.status, answer))
            got[i] = answer
        connection.close()

    threads = [threading.Thread(target=work, args=(order[i::16],)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults and [got[i] for i in range(len(requests))] == alone


def test_too_much_waiting_is_refused(models):
    server = Server({"embed": models["embed"]}, "--serve-max-queue", "1000", "--serve-max-inputs", "1000")
    codes, big = [], {"inputs": ["가나다라 마바사 가나다라 마바사"] * 1000}

    def work():
        status, answer, headers = server.ask("POST", "/embed", big)
        codes.append(status)
        assert status == 200 or (status == 429 and headers["Retry-After"] == "1" and answer["error_type"] == "Overloaded")

    threads = [threading.Thread(target=work) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) == {200, 429}
    assert server.stop() == 0


def test_many_kept_connections(models):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # some shells allow 1,024
    if 0 <= soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096 if hard < 0 else min(hard, 4096), hard))
    server = Server({"embed": models["embed"]})
    kept = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(1000)]
    for connection in kept:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert all(connection.recv(4096).startswith(b"HTTP/1.1 200 OK") for connection in kept)
    assert server.post("/embed", {"inputs": "가"})
    metrics = server.ask("GET", "/metrics")[1]
    assert float(metrics.split("\nlmkor_connections ")[1].split("\n")[0]) >= 1000
    start = time.monotonic()
    assert server.stop() == 0 and time.monotonic() - start < 20  # those that wait for nothing do not keep it
    for connection in kept:
        connection.close()


# --- keys, other origins, TLS

def test_key_and_origins(models):
    server = Server({"embed": models["embed"]}, "--serve-cors-origins", "https://a.example", env={"LMKOR_SERVE_API_KEY": "geheim"})
    status, answer, headers = server.ask("POST", "/embed", {"inputs": "가"})
    assert status == 401 and headers["WWW-Authenticate"] == "Bearer" and "geheim" not in str(answer)
    assert server.ask("POST", "/embed", {"inputs": "가"}, headers={"Authorization": "Bearer geheix"})[0] == 401
    good = {"Authorization": "Bearer geheim", "Origin": "https://a.example"}
    status, _, headers = server.ask("POST", "/embed", {"inputs": "가"}, headers=good)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert server.ask("GET", "/health")[0] == 200 and server.ask("GET", "/info")[0] == 401
    status, _, headers = server.ask("OPTIONS", "/embed", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert status == 204 and "content-type" in headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in server.ask("GET", "/health", headers={"Origin": "https://b.example"})[2]
    assert server.stop() == 0
    assert not any("geheim" in line or "가" in line for line in server.log)


def test_tls(models, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = Server({"embed": models["embed"]}, "--serve-tls-certificate", certificate, "--serve-tls-key", key)
    done = subprocess.run(["curl", "-sS", "--cacert", certificate, f"https://127.0.0.1:{server.port}/info"], capture_output=True, check=True)
    assert json.loads(done.stdout)["model_id"] == "embed"
    assert server.stop() == 0


# --- page and reports

def test_page_and_reports(models, tmp_path):
    reports = tmp_path / "reports"
    (reports / "run").mkdir(parents=True)
    (reports / "run" / "report.html").write_text("<p>report</p>")
    (reports / "run" / "metrics.jsonl").write_text('{"step": 1}\n')
    (reports / "run" / "secret.txt").write_text("geheim")
    (tmp_path / "report.html").write_text("geheim")
    (reports / "link").symlink_to(tmp_path)
    server = Server({"embed": models["embed"]}, "--reports", reports)
    status, text, headers = server.ask("GET", "/")
    assert status == 200 and "<title>lmkor</title>" in text and "default-src 'none'" in headers["Content-Security-Policy"]
    assert server.ask("GET", "/page/app.js")[2]["Content-Type"].startswith("text/javascript")
    assert sorted(server.ask("GET", "/reports")[1]) == ["run/metrics.jsonl", "run/report.html"]
    assert server.ask("GET", "/reports/run/report.html")[1] == "<p>report</p>"
    for path in ("/reports/run/secret.txt", "/reports/../report.html", "/reports/%2e%2e/report.html", "/reports/run/../../report.html",
                 "/reports/link/report.html", "/reports//etc/passwd", "/reports/run", "/page/../api.h"):
        status, answer, _ = server.ask("GET", path)
        assert status == 404 and "geheim" not in str(answer), path
    assert server.stop() == 0


# --- reloading and shutting down

def test_reload_and_drain_lose_nothing(models, tmp_path):
    folder = tmp_path / "model"
    subprocess.run(["cp", "-r", models["embed"], folder], check=True)
    server = Server({"m": folder})
    before = server.post("/embed", {"inputs": "가 나"})
    codes, answers, stop = [], set(), threading.Event()

    def work():
        while not stop.is_set():
            try:
                status, answer, _ = server.ask("POST", "/embed", {"inputs": "가 나"})
            except ConnectionRefusedError:
                return  # it no longer listens: nothing was sent
            codes.append(status)
            answers.add(json.dumps(answer))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    torch.manual_seed(99)
    transformers.BertModel(BertConfig(**SHAPE)).save_pretrained(folder)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("loaded again")
    after = server.post("/embed", {"inputs": "가 나"})
    assert after != before
    (folder / "config.json").write_text("{")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("the former model goes on")
    assert server.post("/embed", {"inputs": "가 나"}) == after
    code = server.stop()
    stop.set()
    for thread in threads:
        thread.join()
    assert code == 0 and set(codes) == {200} and answers == {json.dumps(before), json.dumps(after)}


def test_what_cannot_be_served(models):
    def fails(*flags):
        done = subprocess.run([LMKOR, "serve", *map(str, flags)], capture_output=True, text=True)
        return done.returncode, done.stderr
    code, error = fails("--model", "/nowhere")
    assert code == 66 and "/nowhere" in error
    code, error = fails("--model", f"a={models['embed']}", f"a={models['mlm']}")
    assert code == 2 and "expected one of its own" in error
    code, error = fails("--model", models["embed"], "--host", "nonsense")
    assert code == 2 and "expected an address" in error
    code, error = fails("--model", models["embed"], "--serve-tls-key", "x")
    assert code == 2 and "expected both or none" in error
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, error = fails("--model", models["embed"], "--port", taken.getsockname()[1])
    assert code == 69 and "cannot listen" in error
