"""lmkor vocab train: the merges of Hugging Face's trainer, a folder that transformers loads, the same bytes always."""
import json
import random
import re

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

from tokenizer_oracle import SPECIALS, ids_of, lmkor

FILES = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "counts.zst", "report.html")
STEMS = "영화 배우 연기 음악 감독 이야기 친구 학교 시간 마음 사랑 하늘 바다 커피 점심 저녁 한국 노래 그림 여행".split()
ENDINGS = "가 이 을 를 은 는 에서 으로 하고 까지 보다 처럼 입니다 였다 하는 했던 합니다 네요 ㅋㅋ ㅋㅋㅋㅋ ㅠㅠ ! ... ~".split()


def sample(lines, seed=5):
    """Sentences of own making with Korean endings, chat spellings, English and Hanja."""
    rng = random.Random(seed)
    out = []
    for _ in range(lines):
        words = []
        for _ in range(rng.randrange(1, 12)):
            word = rng.choice(STEMS)
            while rng.random() < 0.4:
                word += rng.choice(STEMS)
            words.append(word + "".join(rng.choice(ENDINGS) for _ in range(rng.randrange(3))))
            if rng.random() < 0.05:
                words.append(rng.choice(["BERT", "e\u0301t\u00e9", "漢字", "2024년", "ㅋ" * rng.randrange(1, 9), "😀", "\u2025"]))
        out.append(" ".join(words))
    return out


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "sample.txt"
    path.write_text("\n".join(sample(4000)) + "\n")
    return path


def train(output, *inputs, size=1500, unused=100, flags=()):
    lmkor("vocab", "train", "--input", *inputs, "--output", output, "--size", size, "--unused", unused, "--quiet", *flags)
    return (output / "vocab.txt").read_text().split("\n")[:-1]


def by_hugging_face(path, alphabet, size, min_frequency=2, **normalizer):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**{"strip_accents": False, **normalizer})
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    # The characters as special tokens in fixed order: then no id comes out of a hash map.
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_frequency, special_tokens=alphabet, show_progress=False
    )
    tokenizer.train([str(path)], trainer)
    return [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]


def alphabet_of(vocab):
    end = len(SPECIALS)
    while end < len(vocab) and (len(vocab[end]) == 1 or re.fullmatch("##.", vocab[end])):
        end += 1
    return vocab[:end]


@pytest.mark.parametrize("flags,normalizer", [((), {}), (("--no-lowercase",), {"lowercase": False})], ids=str)
def test_merges_are_those_of_hugging_face(tmp_path, text, flags, normalizer):
    ours = train(tmp_path / "v", text, flags=("--min-character-count", 1, *flags))
    assert len(ours) == 1500 and ours[:5] == SPECIALS and ours[1400:] == [f"[unused{i}]" for i in range(100)]
    alphabet = alphabet_of(ours)
    plain = [token for token in alphabet[5:] if not token.startswith("##")]
    inside = [token for token in alphabet if token.startswith("##")]
    assert alphabet == SPECIALS + sorted(plain) + sorted(inside)
    assert by_hugging_face(text, alphabet, 1400, **normalizer) == ours[:1400]


def test_same_bytes_for_any_threads_and_order(tmp_path, text):
    lines = text.read_text().split("\n")[:-1]
    random.Random(1).shuffle(lines)
    (tmp_path / "a.txt").write_text("\n".join(lines[:1500]) + "\n")
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines[1500:]))
    train(tmp_path / "one", text, flags=("--threads", 1))
    train(tmp_path / "four", text, flags=("--threads", 4))
    train(tmp_path / "parts", tmp_path / "b.jsonl", tmp_path / "a.txt", flags=("--threads", 3))
    for name in FILES:
        one = (tmp_path / "one" / name).read_bytes()
        assert one == (tmp_path / "four" / name).read_bytes(), name
        assert one == (tmp_path / "parts" / name).read_bytes(), name


@pytest.mark.parametrize("flags", [(), ("--no-lowercase",)], ids=str)
def test_transformers_loads_the_folder(tmp_path, text, flags):
    train(tmp_path / "v", text, flags=(*flags, "--model-max-length", 256))
    hf = AutoTokenizer.from_pretrained(str(tmp_path / "v"))
    assert hf.model_max_length == 256 and hf.is_fast
    lines = sample(500, seed=6) + ["BERT bert É [MASK]", "한국어는 [UNK]", "\u1112\u1161\u11ab"]
    want = [hf(line, add_special_tokens=False)["input_ids"] for line in lines]
    assert ids_of(tmp_path / "v", lines) == want
    raw = Tokenizer.from_file(str(tmp_path / "v" / "tokenizer.json"))
    assert [raw.encode(line, add_special_tokens=False).ids for line in lines] == want
    known = [i for line in want for i in line]
    assert known.count(hf.unk_token_id) < len(known) / 50, "Hangul must not be divided into jamo"
    pair = hf("영화", "배우")
    assert pair["token_type_ids"].count(1) == len(pair["input_ids"]) - pair["token_type_ids"].count(0)
    assert hf.convert_ids_to_tokens([0, 1, 2, 3, 4]) == SPECIALS


def test_result_and_run_files(tmp_path, text):
    out = lmkor("vocab", "train", text, "--output", tmp_path / "v", "--size", 1000, "--unused", 50, "--json", "--quiet")
    result = json.loads(out)
    run = json.loads((tmp_path / "v" / "run.json").read_text())
    assert run["vocabulary"]["pieces"] == result["pieces"]
    pieces = result["pieces"]
    assert pieces["all"] == 1000 == sum(count for kind, count in pieces.items() if kind != "all")
    assert result["text"]["documents"] == 4000
    ids = [i for line in ids_of(tmp_path / "v", text.read_text().split("\n")[:-1]) for i in line]
    words = result["text"]["words"]
    assert result["pieces_per_word"] == pytest.approx(len(ids) / words)
    assert result["pieces_per_eojeol"] == pytest.approx(len(ids) / len(text.read_text().split()))
    lmkor("vocab", "train", "--config", tmp_path / "v" / "run.toml", "--output", tmp_path / "again")
    assert (tmp_path / "again" / "vocab.txt").read_bytes() == (tmp_path / "v" / "vocab.txt").read_bytes()
    report = (tmp_path / "v" / "report.html").read_text()
    assert "pieces per eojeol" in report and "http" not in report.replace("http://www.w3.org", "")


def test_errors(tmp_path, text):
    v = tmp_path / "v"
    error = lmkor("vocab", "train", text, "--output", v, "--quiet", code=65)
    assert re.fullmatch(
        r"lmkor: error \(data\): the text does not allow so large a vocabulary: got [\d,]+ possible pieces \(5 special tokens, "
        r"\d+ characters, \d+ ## characters, [\d,]+ merges seen at least 2 times\), expected 40,000 \(--size 42000 less "
        r"--unused 2000\); give more text, or --size \d+ or less\n",
        error,
    ), error
    assert not v.exists() and not (tmp_path / "v.partial").exists()
    most = int(re.search(r"--size (\d+) or less", error)[1])
    assert len(train(v, text, size=most, unused=2000)) == most
    assert lmkor("vocab", "train", text, "--output", v, "--quiet", code=73) != ""
    lmkor("vocab", "train", text, "--output", v, "--size", 1000, "--unused", 0, "--force", "--quiet")
    assert len((v / "vocab.txt").read_text().split("\n")) == 1001
    error = lmkor("vocab", "train", text, "--output", tmp_path / "w", "--size", 100, "--unused", 99, code=2)
    assert (
        "unused: got 99 of a vocabulary of 100, expected at most 94, so that special tokens and a piece fit" in error
    )
