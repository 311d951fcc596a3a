"""lmkor vocab report: its figures are those that Hugging Face's tokenizer gives."""
import collections
import json

import pytest
from transformers import AutoTokenizer

from tokenizer_oracle import lmkor
from vocab_train_test import sample


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "train.txt").write_text("\n".join(sample(3000)) + "\n")
    lmkor("vocab", "train", folder / "train.txt", "--output", folder / "large", "--size", 1400, "--unused", 10, "--quiet")
    lmkor("vocab", "train", folder / "train.txt", "--output", folder / "small", "--size", 800, "--unused", 10, "--quiet")
    held_out = sample(400, seed=21)
    with open(folder / "held-out.jsonl", "w") as file:
        for i, line in enumerate(held_out):
            text = line + (" 漢字語 뷁뷁이 😀" if i % 10 == 0 else "")
            file.write(json.dumps({"text": text, "source": "ab"[i % 2]}) + "\n")
    return folder


def test_figures_are_those_of_hugging_face(tmp_path, work):
    out = lmkor(
        "vocab", "report", work / "held-out.jsonl", "--tokenizer", work / "large", "--compare", work / "small",
        "--output", tmp_path / "r", "--json", "--quiet", "--threads", 2,
    )
    result = json.loads(out)
    large, small = (AutoTokenizer.from_pretrained(str(work / name)) for name in ("large", "small"))
    uses = collections.Counter()
    by_source = collections.defaultdict(collections.Counter)
    other_pieces = otherwise = 0
    for line in (work / "held-out.jsonl").read_text().split("\n")[:-1]:
        record = json.loads(line)
        by = by_source[record["source"]]
        by["documents"] += 1
        by["eojeols"] += len(record["text"].split(" "))
        normal = large.backend_tokenizer.normalizer.normalize_str(record["text"])
        for word, _ in large.backend_tokenizer.pre_tokenizer.pre_tokenize_str(normal):
            pieces, other = large.tokenize(word), small.tokenize(word)
            uses.update(pieces)
            by["words"] += 1
            by["pieces"] += len(pieces)
            by["unknown_words"] += pieces == ["[UNK]"]
            other_pieces += len(other)
            otherwise += pieces != other
    words = sum(by["words"] for by in by_source.values())
    assert result["text"]["words"] == words and result["pieces_given"] == sum(uses.values())
    assert result["pieces_per_word"] == pytest.approx(sum(uses.values()) / words)
    assert result["unknown_words"] == uses["[UNK]"] > 0
    for source, by in by_source.items():
        assert {key: result["sources"][source][key] for key in by} == dict(by)
    coverage = dict(map(tuple, result["coverage"]))
    assert coverage[1] == pytest.approx(uses.most_common(1)[0][1] / sum(uses.values()))
    assert coverage[len(uses)] == pytest.approx(1)
    vocab = (work / "large" / "vocab.txt").read_text().split("\n")[5:1390]
    never = [token for token in vocab if token not in uses]
    assert result["pieces_never_given"] == len(never)
    full = json.loads((tmp_path / "r" / "report.json").read_text())
    assert full["never_given"] == never
    compare = result["compare"]
    assert compare["other_pieces_per_word"] == pytest.approx(other_pieces / words)
    assert compare["words_divided_otherwise"] == otherwise > 0
    there = (work / "small" / "vocab.txt").read_text().split("\n")[:-1]
    assert set(compare["only_here"]) == set(vocab) - set(there) and compare["only_there"] == []
    emoji = result["blocks"]["Emoticons"]
    assert emoji["characters"] == emoji["without_piece"] + (emoji["characters"] - emoji["without_piece"])
    assert result["blocks"]["Hangul Syllables"]["unknown_words"] == 40  # 뷁뷁이
    html = (tmp_path / "r" / "report.html").read_text()
    for text in ("By source", "Beside the other vocabulary", "Coverage", "Wasted slots", "뷁뷁이"):
        assert text in html
    assert (tmp_path / "r" / "run.json").exists()


def test_without_an_output_nothing_is_written(tmp_path, work):
    out = lmkor("vocab", "report", work / "held-out.jsonl", "--tokenizer", work / "large", "--quiet").decode()
    assert " pieces per word, " in out and " of words unknown; " in out and out.count("\n") == 1


def test_errors(tmp_path, work):
    lmkor("vocab", "train", work / "train.txt", "--output", tmp_path / "cased", "--size", 800, "--unused", 10, "--no-lowercase", "--quiet")
    error = lmkor(
        "vocab", "report", work / "held-out.jsonl", "--tokenizer", work / "large", "--compare", tmp_path / "cased",
        "--quiet", code=65,
    )
    assert (
        f"{tmp_path}/cased: normalises text with another lowercase than --tokenizer, so the words of the two differ; "
        "compare vocabularies of one normalisation" in error
    )
    error = lmkor("vocab", "report", "-", "--tokenizer", work / "large", code=2)
    assert "input: got standard input, expected files: the text is read twice" in error
