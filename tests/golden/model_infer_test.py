"""What lmkor's commands say of texts = what Transformers says: encode, fill-mask, predict, ner, detect, answer."""
import math
import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import pipeline

from infer_oracle import TAGS, Subject, texts
from tokenizer_oracle import lmkor

FAMILIES = ["bert", "albert", "electra"]
LINES = texts()
# Sums of fp32 in another order, through all layers.
NEAR = dict(rel=2e-4, abs=2e-5)


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    made = {}

    def get(family, head, labels=None, **more):
        key = (family, head, str(labels), str(more))
        if key not in made:
            made[key] = Subject(tmp_path_factory.mktemp(f"{family}-{head}"), family, head, labels, **more)
        return made[key]

    return get


def close(got, want):
    want = np.asarray(want, dtype=np.float64)
    assert np.asarray(got).shape == want.shape
    assert np.asarray(got).ravel().tolist() == pytest.approx(want.ravel().tolist(), **NEAR)


# ---- encode


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors(subject, family):
    this = subject(family, "none")
    for pooling, expected in {
        "cls": lambda hidden: hidden[-1][0, 0],
        "mean": lambda hidden: hidden[-1][0].mean(0),
        "none": lambda hidden: hidden[-1][0],
        "layers": lambda hidden: torch.cat(hidden),
    }.items():
        for line, got in zip(LINES, this.run("encode", LINES, "--pooling", pooling), strict=True):
            encoding, out = this.outputs(line)
            close(got["embedding" if pooling in ("cls", "mean") else "hidden"], expected(out.hidden_states))
            if "tokens" in got:
                assert got["tokens"] == this.tokenizer.convert_ids_to_tokens(encoding["input_ids"])


def test_vectors_in_files(subject, tmp_path):
    this = subject("electra", "none")
    source = tmp_path / "texts.txt"
    source.write_text("".join(line + "\n" for line in LINES), encoding="utf-8")
    read = {}
    for pooling, format in [("mean", "npy"), ("mean", "safetensors"), ("none", "safetensors"), ("layers", "safetensors")]:
        file = tmp_path / f"{pooling}.{format}"
        lmkor("encode", "--model", this.dir, "--pooling", pooling, "--format", format, "--output", file, source)
        read[pooling, format] = np.load(file) if format == "npy" else load_file(file)
    want = np.array([answer["embedding"] for answer in this.run("encode", LINES, "--pooling", "mean")], dtype=np.float32)
    assert np.array_equal(read["mean", "npy"], want)
    assert np.array_equal(read["mean", "safetensors"]["embedding"].numpy(), want)
    for pooling in ("none", "layers"):
        tensors = read[pooling, "safetensors"]
        starts = tensors["starts"].tolist()
        assert starts[0] == 0 and len(starts) == len(LINES) + 1 and starts[-1] == len(tensors["hidden"])
        for i, answer in enumerate(this.run("encode", LINES, "--pooling", pooling)):
            rows = tensors["hidden"][starts[i]:starts[i + 1]].numpy()
            expected = np.array(answer["hidden"], dtype=np.float32)
            assert np.array_equal(rows, expected.swapaxes(0, 1) if pooling == "layers" else expected)


# ---- fill-mask


@pytest.mark.parametrize("family, head", [("bert", "masked_lm"), ("bert", "pretraining"), ("albert", "masked_lm"), ("electra", "masked_lm")])
def test_masks(subject, family, head):
    this = subject(family, head)
    lines = ["오늘 [MASK] 보았다", "[MASK]", "[MASK] 정말 [MASK] .", "a[MASK]!"] + [line + " [MASK]" for line in LINES if len(line) < 20]
    if head == "pretraining":  # the pipeline wants logits by that name
        wanted = []
        for line in lines:
            encoding, out = this.outputs(line)
            scores = torch.softmax(out.prediction_logits[0], -1)
            places = [i for i, id in enumerate(encoding["input_ids"]) if id == 4]
            wanted.append([[(int(i), float(p)) for p, i in zip(*scores[place].topk(7))] for place in places])
    else:
        fill = pipeline("fill-mask", model=this.model, tokenizer=this.tokenizer, top_k=7)
        wanted = []
        for line in lines:
            answer = fill(line)
            lists = answer if isinstance(answer[0], list) else [answer]
            wanted.append([[(one["token"], one["score"]) for one in ones] for ones in lists])
    for line, got, want in zip(lines, this.run("fill-mask", lines, "--top", "7"), wanted, strict=True):
        assert [[one["id"] for one in mask] for mask in got["masks"]] == [[id for id, _ in mask] for mask in want], line
        for mask, expected in zip(got["masks"], want):
            close([one["score"] for one in mask], [score for _, score in expected])
            assert [one["token"] for one in mask] == this.tokenizer.convert_ids_to_tokens([one["id"] for one in mask])
    logits = this.run("fill-mask", ["[MASK]"], "--logits", "--top", "1")[0]["masks"][0][0]
    out = this.outputs("[MASK]")[1]
    close(logits["score"], float((out.prediction_logits if head == "pretraining" else out.logits)[0, 1].max()))


# ---- predict


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["one of five", "several of five", "regression", "one label"])
def test_labels(subject, family, kind):
    more = {"several of five": dict(problem_type="multi_label_classification"), "regression": dict(problem_type="regression")}.get(kind, {})
    this = subject(family, "regression" if kind in ("regression", "one label") else "sequence", **more)
    say = pipeline("text-classification", model=this.model, tokenizer=this.tokenizer, top_k=None)
    lines = [line for line in LINES if line]
    for line, got in zip(lines, this.run("predict", lines), strict=True):
        want = {one["label"]: one["score"] for one in say([line])[0]}
        assert list(got["scores"]) == list(this.model.config.id2label.values())
        close([got["scores"][label] for label in want], list(want.values()))
        assert got["label"] == max(got["scores"], key=got["scores"].get)
        assert got["score"] == got["scores"][got["label"]]


def test_pairs_and_logits(subject):
    this = subject("bert", "sequence")
    pairs = [("오늘", "영화 보았다"), ("나는 정말", "a"), ("", "a")]
    answers = this.run("predict", [f"{a}\t{b}" for a, b in pairs], "--pairs", "--logits")
    for (a, b), got in zip(pairs, answers, strict=True):
        close(list(got["scores"].values()), this.outputs(a, b)[1].logits[0])


# ---- ner


def expected_tags(subject, line):
    """seqeval's default reading of the words' tags."""
    pieces = subject.windows(line)
    words, tags, entities, open_ = [], [], [], None
    for found in re.finditer(r"\S+", line):
        begin, end = found.span()
        first = next((piece for piece in pieces if begin <= piece[0] < end), None)
        label, score = "O", 0.0
        if first is not None:
            shares = torch.softmax(first[3].double(), -1)
            label, score = subject.model.config.id2label[int(shares.argmax())], float(shares.max())
        words.append(found[0])
        tags.append(label)
        parts = set(label.split("-"))
        place = next(iter(parts & {"B", "I", "O"}))
        kind = next(iter(parts - {place}), "")
        if place == "I" and open_ and open_["type"] == kind:
            open_["end"], open_["scores"] = end, open_["scores"] + [score]
        elif place == "O":
            open_ = None
        else:
            open_ = {"type": kind, "begin": begin, "end": end, "scores": [score]}
            entities.append(open_)
    return words, tags, entities


@pytest.mark.parametrize("family, marks", [("bert", "prefix"), ("albert", "suffix"), ("electra", "suffix")])
def test_entities(subject, family, marks):
    this = subject(family, "tokens", TAGS[marks])
    lines = LINES + texts(10, seed=9, longest=40)  # some take several windows
    seen = set()
    for line, got in zip(lines, this.run("ner", lines), strict=True):
        words, tags, entities = expected_tags(this, line)
        assert got["words"] == words and got["tags"] == tags, line
        assert [(e["type"], e["begin"], e["end"]) for e in got["entities"]] == [(e["type"], e["begin"], e["end"]) for e in entities]
        for one, want in zip(got["entities"], entities):
            assert one["text"] == line[want["begin"]:want["end"]]
            close(one["score"], np.mean(want["scores"]))
        seen |= set(tags)
    assert len(seen) >= {"bert": 3, "albert": 2, "electra": 4}[family], "the texts do not try enough tags"


# ---- detect


@pytest.mark.parametrize("lines", [LINES, texts(10, seed=11, longest=40)], ids=["short", "long"])
def test_replaced_tokens(subject, lines):
    this = subject("electra", "replaced_token")
    for line, got in zip(lines, this.run("detect", lines), strict=True):
        pieces = this.windows(line)
        assert [(one["token"], one["begin"], one["end"]) for one in got["tokens"]] == [
            (this.tokenizer.convert_ids_to_tokens(id), begin, end) for begin, end, id, _ in pieces], line
        close([one["score"] for one in got["tokens"]], [1 / (1 + math.exp(-float(logit))) for *_, logit in pieces])
        for word in got["words"]:
            assert line[word["begin"]:word["end"]] == word["word"]
            inside = [one["score"] for one in got["tokens"] if word["begin"] <= one["begin"] < word["end"]]
            assert word["score"] == max(inside)
        covered = sum(any(w["begin"] <= t["begin"] < w["end"] for w in got["words"]) for t in got["tokens"])
        assert covered == len(got["tokens"])


# ---- answer


def expected_answer(subject, question, context, longest):
    """The rule of Transformers 4's pipeline over all spans of all windows."""
    asked = len(subject.tokenizer(question, add_special_tokens=False)["input_ids"])
    encoding = subject.tokenizer(question, context, truncation="only_second", max_length=24, return_overflowing_tokens=True,
                                 stride=min(6, (24 - 3 - asked) // 2), return_offsets_mapping=True)
    best = (-1.0, 0, 0)
    for window in range(len(encoding["input_ids"])):
        out = subject.forward(tuple(encoding["input_ids"][window]), tuple(encoding["token_type_ids"][window]))
        of_context = np.array([owner == 1 for owner in encoding.sequence_ids(window)])
        asked_of = of_context.copy()
        asked_of[0] = True  # [CLS]
        shares = []
        for logits in (out.start_logits[0], out.end_logits[0]):
            masked = torch.where(torch.tensor(asked_of), logits.double(), torch.tensor(-1e4, dtype=torch.float64))
            shares.append(torch.softmax(masked, -1).numpy() * of_context)
        spans = np.tril(np.triu(np.outer(*shares)), longest - 1)
        start, end = np.unravel_index(spans.argmax(), spans.shape)
        offsets = encoding["offset_mapping"][window]
        if spans[start, end] > best[0]:
            best = (spans[start, end], offsets[start][0], offsets[end][1])
    return best


@pytest.mark.parametrize("family", FAMILIES)
def test_answers(subject, family):
    this = subject(family, "question")
    contexts = [line for line in texts(20, seed=5, longest=30) if re.search(r"[가-힣]", line)]
    questions = texts(len(contexts), seed=6, longest=2)[:len(contexts)]
    lines = [f"{question}\t{context}" for question, context in zip(questions, contexts)]
    for longest in (30, 3):
        for line, got in zip(lines, this.run("answer", lines, "--max-answer-tokens", longest), strict=True):
            question, context = line.split("\t")
            score, begin, end = expected_answer(this, question, context, longest)
            assert (got["begin"], got["end"]) == (begin, end), line
            assert got["answer"] == context[begin:end]
            close(got["score"], score)


# ---- other numbers, batches and threads


COMMANDS = [("encode", "none", ["--pooling", "none"]), ("fill-mask", "masked_lm", []), ("predict", "sequence", []),
            ("ner", "tokens", []), ("answer", "question", []), ("detect", "replaced_token", [])]


@pytest.mark.parametrize("command, head, flags", COMMANDS)
@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_batches_and_threads_change_nothing(subject, command, head, flags, precision):
    this = subject("electra", head)
    lines = [line for line in texts(60, seed=8) if line.strip() and "뷁" not in line]
    if command == "fill-mask":
        lines = ["[MASK] " + line for line in lines]
    if command == "answer":
        lines = ["오늘\t" + line + " 영화" for line in lines]
    call = lambda *more: lmkor(command, "--model", this.dir, "--precision", precision, *flags, *more,
                               stdin="".join(line + "\n" for line in lines).encode())
    want = call()
    assert call("--threads", "1") == call("--threads", "2", "--batch-tokens", "1") == call("--batch-tokens", "50") == want
    alone = b"".join(lmkor(command, "--model", this.dir, "--precision", precision, *flags, stdin=(line + "\n").encode())
                     for line in lines[:4])
    assert want.startswith(alone)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("precision, bound", [("bf16", 0.03), ("int8", 0.06)])
def test_narrow_numbers_are_near(subject, family, precision, bound):
    """These weights are ten times those of a trained model and the layers narrow: a harsh case. The error is that of all
    hidden numbers, relative to their size."""
    this = subject(family, "none")
    exact, narrow = (np.concatenate([np.ravel(a["hidden"]) for a in this.run("encode", LINES, "--pooling", "none", "--precision", p)])
                     for p in ("fp32", precision))
    error = np.linalg.norm(exact - narrow) / np.linalg.norm(exact)
    assert 1e-5 < error < bound


def test_any_container(subject, tmp_path):
    """Commands read what a folder holds: PyTorch, TensorFlow, shards."""
    this = subject("bert", "masked_lm")
    want = lmkor("fill-mask", "--model", this.dir, stdin="오늘 [MASK]\n".encode())
    for format, flags in {"bin": [], "h5": [], "safetensors": ["--shard-gigabytes", "0.00002"]}.items():
        out = tmp_path / format
        lmkor("model", "export", "--model", this.dir, "--output", out, "--formats", format, *flags, "--quiet")
        assert lmkor("fill-mask", "--model", out, stdin="오늘 [MASK]\n".encode()) == want
    assert len(list((tmp_path / "safetensors").glob("model-*.safetensors"))) > 2
