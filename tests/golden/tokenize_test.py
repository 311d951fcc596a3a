"""lmkor tokenize = Hugging Face tokenizers: known traps, code points, random text, pairs, truncation, special tokens."""
import json
import random
import signal
import subprocess

import pytest
import tokenizers
from transformers import AutoTokenizer

import tokenizer_oracle as oracle
from tokenizer_oracle import SPECIALS, assert_equal, ids_of, lmkor, make_tokenizer, objects_of

KOREAN = "가 나 다 라 마 한 국 어 하 ㅋ ㅠ 영화 재미 없다 한국 한국어 ㅋㅋ 漢 字 e i a b c ab abc k ı · … ! ? . , [ ] # 1 12 \u1112 \u1161 \u11ab".split()
CONTINUED = "가 나 다 라 한 국 어 하 는 다 ㅋ ㅋㅋ ㅋㅋㅋ ㅠ a b c bc abc 1 2 23 \u0301 \u0307 \u1161 \u11ab é".split()
WORDS = ["한국어", "영화", "재미", "없다", "ㅋㅋㅋㅋㅋ", "Abc", "İstanbul", "漢字", "e\u0301", "É", "...", "12", "가나다", "X"]

TRAPS = [
    "",
    " ",
    "한국어 모델을 공유합니다.",
    "가\u000b나 가\u000c나 가\u0085나 가\u0000나 가\ufffd나",  # deleted: the neighbours join
    "가\u200b나 가\u200d나 가\ufeff나 가\u00ad나 가\u180e나",
    "\u0890가 \u08e2가 \U000110cd가",  # newer format characters stay
    "가\u00a0나\u1680다\u2003라\u2028마\u202f바\u3000사",
    "가\rtab\t나",
    "$+<=>^`|~ a$b c^d",
    "가·나 가…나 가※나 가〜나 가’나 가“나 가％나 가－나",
    "가～나 가₩나 가★나 가°나 가×나 가€나 가ㆍ나",  # these do not divide
    "\u166d \U000111c9 a\u166db a\u2e52b a\u2e43b",
    "漢字가나 가漢 a漢b \U0002b820가 \U0002b920가 \uf900가 \U0002f800가",
    "İ İİ ΑΣ ǅ K Å ẞ",
    "a" * 100 + " " + "a" * 101 + " " + "가" * 100 + " " + "가" * 101,
    "ab" * 50 + " " + "ab" * 50 + "c",
    "[MASK] [mask] a[CLS]b[SEP] [unused0] [[PAD]] [UNK]",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "e\u0301\u0327 e\u0327\u0301 가\u0301\u302e \u0301a",
    "㈜가 ａｂｃ ﬁ Ⅳ ①",
    "ㅋㅋㅋㅋㅋ ㅠㅠ ㅋㅋㅠ ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
    "😀 👨\u200d👩\u200d👧 🇰🇷 \U0001fae8 \U0001fc00",
    "line\u2028separator \u0085next",
    "안녕,세상!(하하)…끝",
]


def vocabulary():
    tokens = dict.fromkeys(SPECIALS + KOREAN + WORDS + ["##" + x for x in CONTINUED])
    return list(tokens)


SETTINGS = [
    dict(lowercase=lower, strip_accents=strip, chinese=chinese, clean=clean)
    for lower in (True, False)
    for strip in (False, True, None)
    for chinese in (True, False)
    for clean in (True, False)
]


def save(tmp_path, hf):
    hf.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_traps_in_all_settings(tmp_path, settings):
    hf = make_tokenizer(vocabulary(), **settings)
    assert_equal(save(tmp_path, hf), hf, TRAPS)


def sample_code_points():
    """Every kind of code point: all of the scripts that the tables tell apart, samples of the wide blocks."""
    for c in oracle.code_points():
        wide = 0x3400 <= c < 0xD800 or 0xE000 <= c < 0xF900 or c >= 0x20000
        edge = c % 0x100 in (0, 1, 0x1D, 0x1E, 0xDE, 0xDF, 0xFE, 0xFF)
        if not wide and c < 0x3400 or 0xF900 <= c < 0x11000 or edge or c % 61 == 0:
            yield c


@pytest.mark.parametrize("settings", [{}, {"lowercase": True, "strip_accents": None}, {"lowercase": False}], ids=str)
def test_code_points_in_context(tmp_path, settings):
    points = [chr(c) for c in sample_code_points()]
    vocab = dict.fromkeys(SPECIALS + ["가", "##나", "##b", "a", "\u1100\u1161"] + points + ["##" + c for c in points])
    hf = make_tokenizer(list(vocab), **settings)
    lines = [f"가{c}나 {c} a{c}{c}b{c}\u0301 {c}" for c in points]
    assert_equal(save(tmp_path, hf), hf, lines, oracle.hexed)


@pytest.mark.parametrize("settings", [{}, {"strip_accents": True}, {"lowercase": False, "chinese": False}], ids=str)
def test_random_text(tmp_path, settings):
    rng = random.Random(11)
    odd = "".join(TRAPS) + "".join(chr(c) for c in sample_code_points() if c % 17 == 0)
    lines = []
    for _ in range(6000):
        parts = []
        for _ in range(rng.randrange(12)):
            kind = rng.random()
            if kind < 0.5:
                parts.append(rng.choice(KOREAN + CONTINUED + WORDS))
            elif kind < 0.7:
                parts.append(" ")
            else:
                parts.append(rng.choice(odd))
        lines.append("".join(parts).replace("\n", " "))
    hf = make_tokenizer(vocabulary(), **settings)
    assert_equal(save(tmp_path, hf), hf, lines, oracle.hexed)


def test_special_tokens_and_truncation(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    lines = [" ".join(["가"] * n) for n in range(12)]
    for length in (0, 2, 3, 5, 8):
        if length:
            hf.enable_truncation(length)
        flags = ("--special", "--offsets", "--max-length", length)
        for want, got in zip(hf.encode_batch(lines), objects_of(folder, lines, *flags)):
            assert got["ids"] == want.ids
            assert [tuple(x) for x in got["offsets"]] == want.offsets


def test_pairs_cut_the_longest_first(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    pairs = [(" ".join(["가"] * a), " ".join(["나"] * b)) for a in range(9) for b in range(9)]
    lines = [f"{a}\t{b}" for a, b in pairs]
    for special in (True, False):
        for length in range(3, 14):
            hf.enable_truncation(length, strategy="longest_first")
            flags = ("--pairs", "--offsets", "--max-length", length, *(["--special"] if special else []))
            want = hf.encode_batch(pairs, add_special_tokens=special)
            for pair, expected, got in zip(pairs, want, objects_of(folder, lines, *flags)):
                assert got["ids"] == expected.ids, (pair, length)
                assert got["type_ids"] == expected.type_ids
                assert [tuple(x) for x in got["offsets"]] == expected.offsets


def test_special_tokens_in_text_are_text_when_not_matched(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    assert ids_of(folder, ["a[MASK]"])[0][-1] == 4
    tokens = lmkor("tokenize", "--tokenizer", folder, "--no-match-special", "--output-format", "tokens", stdin=b"[MASK]\n")
    assert tokens.decode() == "[ [UNK] ]\n"


def test_results_do_not_depend_on_threads(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    text = oracle.encoded(TRAPS * 20000)
    one = lmkor("tokenize", "--tokenizer", folder, "--threads", 1, stdin=text)
    assert one == lmkor("tokenize", "--tokenizer", folder, "--threads", 3, stdin=text)
    assert one.count(b"\n") == len(TRAPS) * 20000


def test_lines(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    run = lambda text: lmkor("tokenize", "--tokenizer", folder, "--output-format", "tokens", stdin=text.encode()).decode()
    assert run("") == ""
    assert run("가\n\n나") == "가\n\n나\n"
    assert run("가\r\n나\u2028다") == "가\n나 다\n"
    long = "가 " * 3_000_000
    assert run(long) == ("가 " * 3_000_000).strip() + "\n"
    a, b = tmp_path / "a.txt", tmp_path / "b.txt"
    a.write_text("가")
    b.write_text("나\n")
    out = lmkor("tokenize", "--tokenizer", folder, a, b, "--output-format", "tokens")
    assert out.decode() == "가\n나\n"


def test_broken_utf8(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    text = "가나\n".encode() + b"\xff\xea\xb0 \xea\xb0\x80\xfe\n"
    assert lmkor("tokenize", "--tokenizer", folder, "--output-format", "tokens", stdin=text).decode() == "가 ##나\n가\n"
    want = hf.encode(b"\xff\xea\xb0 \xea\xb0\x80\xfe".decode(errors="replace"), add_special_tokens=False)
    assert want.tokens == ["가"]
    error = lmkor("tokenize", "--tokenizer", folder, "--invalid-utf8", "error", stdin=text, code=65)
    assert error == (
        "lmkor: error (data): standard input:2: got broken UTF-8 at byte 1 of the line, expected sound UTF-8; "
        "--invalid-utf8 replace makes it U+FFFD\n"
    )


def test_errors(tmp_path):
    hf = make_tokenizer(vocabulary())
    folder = save(tmp_path, hf)
    error = lmkor("tokenize", "--tokenizer", folder, "--pairs", stdin="가\t나\n가\n".encode(), code=65)
    assert error == (
        "lmkor: error (data): standard input:2: got 1 columns, expected 2 texts divided by a tab (--pairs)\n"
    )
    error = lmkor("tokenize", "--tokenizer", folder, "--special", "--max-length", 1, code=2)
    assert "max_length: got 1, expected 0 or at least 2, the number of special tokens that --special adds" in error
    missing = tmp_path / "none"
    assert lmkor("tokenize", "--tokenizer", missing, code=66) == (
        f"lmkor: error (not_found): {missing}: no such file or folder\n"
    )


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return folder


def test_another_pipeline_is_refused_by_name(tmp_path):
    other = make_tokenizer(vocabulary())
    other.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    other.save(str(tmp_path / "tokenizer.json"))
    assert "got the pre-tokenizer Whitespace, expected BertPreTokenizer" in lmkor(
        "tokenize", "--tokenizer", tmp_path, code=65
    )


CONFIGS = [
    {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": False},
    {"tokenizer_class": "BertTokenizer", "do_lower_case": False},
    {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": None},
    {"tokenizer_class": "BertTokenizer"},
    {"tokenizer_class": "ElectraTokenizer", "do_lower_case": False, "strip_accents": False},
    {"tokenizer_class": "BertTokenizer", "tokenize_chinese_chars": False, "strip_accents": False},
    {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": False},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_tokenizer_config_wins_as_in_transformers(tmp_path, config):
    hf = make_tokenizer(vocabulary())
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIALS))
    folder = write(tmp_path, {"tokenizer_config.json": {**config, **names}})
    save(folder, hf)
    reference = AutoTokenizer.from_pretrained(str(folder))
    lines = [line for line in TRAPS if line]
    assert ids_of(folder, lines) == [reference(line, add_special_tokens=False)["input_ids"] for line in lines]


def test_vocab_txt_alone(tmp_path):
    vocab = vocabulary()
    (tmp_path / "vocab.txt").write_text("\n".join([*vocab[:-1], vocab[-1] + "\u3000", "가", "뭐 \t"]) + "\n")
    (tmp_path / "again").mkdir()
    read = tokenizers.models.WordPiece.from_file(str(tmp_path / "vocab.txt"), unk_token="[UNK]")
    hf = tokenizers.Tokenizer(read)
    hf.normalizer = tokenizers.normalizers.BertNormalizer(strip_accents=False)
    hf.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    hf.add_special_tokens(SPECIALS)
    lines = TRAPS + ["뭐", "가"]
    assert_equal(tmp_path / "vocab.txt", hf, lines)
    assert_equal(tmp_path, hf, lines)


def test_vocabulary_without_unknown_token(tmp_path):
    (tmp_path / "vocab.txt").write_text("가\n나\n")
    assert lmkor("tokenize", "--tokenizer", tmp_path, code=65) == (
        f"lmkor: error (data): {tmp_path}: got 2 tokens without the unknown token [UNK], expected it among them; is this a "
        "WordPiece vocabulary?\n"
    )


@pytest.mark.parametrize("number,code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stops_while_it_waits_for_input(tmp_path, number, code):
    save(tmp_path, make_tokenizer(vocabulary()))
    command = [oracle.BIN, "tokenize", "--tokenizer", tmp_path, "--output-format", "tokens"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write("가나 한국\n".encode())
        process.stdin.flush()
        assert process.stdout.readline().decode() == "가 ##나 한국\n"  # at once, not at the end of the input
        process.send_signal(number)
        assert process.wait(30) == code
        assert process.stderr.read().decode() == (
            f"lmkor: error (interrupted): stopped by signal {number}; run the same command to go on\n"
        )


def test_output_that_cannot_be_written(tmp_path):
    save(tmp_path, make_tokenizer(vocabulary()))
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [oracle.BIN, "tokenize", "--tokenizer", tmp_path], input="가\n".encode(), stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 73
    assert done.stderr.decode() == "lmkor: error (output): standard output cannot be written: No space left on device\n"
