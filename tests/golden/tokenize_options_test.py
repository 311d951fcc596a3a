"""lmkor tokenize = Hugging Face tokenizers: truncation, windows, padding, masks, decoding; files that disagree."""
import itertools
import json
import random

import pytest
import tokenizers
from tokenizers import processors
from transformers import AutoTokenizer

import tokenizer_oracle as oracle
from tokenizer_oracle import SPECIALS, lmkor, make_tokenizer, objects_of

VOCABULARY = SPECIALS + list("가나다라abc.,!?'mns[]") + ["##" + x for x in "가나다라abc"] + ["'m", "n't", "do", "not", "가나", "##다라"]
TEXTS = ["", "가", "가나다라 가나 다", "a b c a b c a b", "가 [MASK] 나. ㅎ abc", "라 " * 11]


@pytest.fixture()
def pair(tmp_path):
    """A tokenizer of Hugging Face and the folder that lmkor reads it from."""
    hf = make_tokenizer(VOCABULARY)
    hf.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    hf.decoder = tokenizers.decoders.WordPiece()
    hf.save(str(tmp_path / "tokenizer.json"))
    return hf, tmp_path


def compare(got, want, pairs):
    assert got["ids"] == want.ids
    assert got["tokens"] == want.tokens
    assert [tuple(x) for x in got["offsets"]] == want.offsets
    if pairs:
        assert got["type_ids"] == want.type_ids
    if "special_tokens_mask" in got:
        assert got["special_tokens_mask"] == want.special_tokens_mask
    if "attention_mask" in got:
        assert got["attention_mask"] == want.attention_mask


def flags_of(special, pairs, *more):
    return (*(["--special"] if special else []), *(["--pairs"] if pairs else []), "--offsets", *map(str, more))


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("pairs", [True, False])
def test_windows(pair, special, pairs):
    hf, folder = pair
    inputs = list(itertools.product(TEXTS, TEXTS)) if pairs else TEXTS
    compared = windows = 0
    for length, stride in [(3, 0), (4, 0), (5, 1), (6, 2), (8, 0), (9, 4), (30, 3)]:
        added = 0 if not special else 3 if pairs else 2
        if stride >= length - added:
            continue
        # Where a text of a pair keeps no more than the stride, Hugging Face panics: those are left out.
        hf.enable_truncation(length, stride=stride)
        for text in inputs:
            room = (length - added) // 2 if pairs else length - added
            if stride > 0 and stride >= room:
                continue
            want = hf.encode(*(text if pairs else (text,)), add_special_tokens=special)
            line = "\t".join(text) if pairs else text
            got = objects_of(folder, [line], *flags_of(special, pairs, "--max-length", length, "--stride", stride, "--overflow"))[0]
            compare(got, want, pairs)
            assert len(got["overflowing"]) == len(want.overflowing)
            for a, b in zip(got["overflowing"], want.overflowing):
                compare(a, b, pairs)
            compared += 1
            windows += len(want.overflowing)
    assert compared > (100 if pairs else 25) and windows > (100 if pairs else 15)


@pytest.mark.parametrize("strategy", ["longest_first", "only_first", "only_second"])
@pytest.mark.parametrize("special", [True, False])
def test_strategies(pair, strategy, special):
    hf, folder = pair
    inputs = list(itertools.product(TEXTS, TEXTS))
    refused = 0
    for length in (3, 4, 7, 8, 12):
        hf.enable_truncation(length, strategy=strategy)
        want, lines = [], []
        for text in inputs:
            try:
                want.append(hf.encode(*text, add_special_tokens=special))
                lines.append("\t".join(text))
            except Exception as error:
                assert "Truncation error: Sequence to truncate too short to respect the provided max_length" in str(error)
                refused += 1
                message = lmkor(
                    "tokenize", "--tokenizer", folder, *flags_of(special, True, "--max-length", length, "--truncation", strategy),
                    stdin=oracle.encoded(["\t".join(text)]), code=65,
                ) if refused < 4 else "would have to go to keep"
                assert "would have to go to keep" in message
        got = objects_of(folder, lines, *flags_of(special, True, "--max-length", length, "--truncation", strategy))
        for a, b in zip(got, want, strict=True):
            compare(a, b, True)
    assert (refused > 0) == (strategy != "longest_first")


def test_a_text_too_short_for_its_truncation(pair):
    error = lmkor(
        "tokenize", "--tokenizer", pair[1], "--pairs", "--max-length", 3, "--truncation", "only_first",
        stdin="가\t가 나 다 라\n".encode(), code=65,
    )
    assert error == (
        "lmkor: error (data): standard input:1: truncation: got 1 ids in the first text, of which 2 would have to go to keep 3; "
        "expected more than that in it, or --truncation longest_first\n"
    )


@pytest.mark.parametrize("length,multiple", [(12, None), (12, 8), (None, 8), (5, None)])
def test_padding(pair, length, multiple):
    hf, folder = pair
    flags = []
    if length:
        hf.enable_truncation(length)
        flags += ["--max-length", length, "--padding", "max_length"]
    if multiple:
        flags += ["--pad-to-multiple-of", multiple]
    hf.enable_padding(length=length, pad_to_multiple_of=multiple, pad_id=0, pad_token="[PAD]")
    got = objects_of(folder, TEXTS, *flags_of(True, False, *flags))
    for text, a in zip(TEXTS, got, strict=True):
        compare(a, hf.encode(text), False)  # alone, since the command pads each line by itself


def test_faults_of_settings(pair):
    run = lambda *flags: lmkor("tokenize", "--tokenizer", pair[1], *flags, code=2)
    assert "padding: got max_length, expected --max-length with it" in run("--padding", "max_length")
    assert "overflow: expected --max-length with it, which cuts texts" in run("--overflow")
    assert "stride: got 3, expected --overflow with it and less than the 3 ids of text that --max-length leaves" in run(
        "--overflow", "--max-length", 5, "--stride", 3, "--special"
    )
    assert "truncation: got only_second, expected --pairs with it" in run("--truncation", "only_second")


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("cleanup", [True, False])
def test_decoding(pair, skip, cleanup):
    hf, folder = pair
    hf.decoder = tokenizers.decoders.WordPiece(cleanup=cleanup)
    rng = random.Random(1)
    lists = [[], [2, 3], *([rng.randrange(len(VOCABULARY)) for _ in range(rng.randrange(1, 12))] for _ in range(2000))]
    flags = [*([] if skip else ["--no-skip-special"]), *([] if cleanup else ["--no-cleanup"])]
    out = lmkor("tokenize", "--tokenizer", folder, "--decode", *flags, stdin=oracle.encoded(" ".join(map(str, x)) for x in lists))
    assert out.decode().split("\n")[:-1] == [hf.decode(x, skip_special_tokens=skip) for x in lists]


def test_decoding_what_is_no_id(pair):
    for word in ("x", "-1", "12x", str(len(VOCABULARY))):
        error = lmkor("tokenize", "--tokenizer", pair[1], "--decode", stdin=f"1 2\n3 {word}\n".encode(), code=65)
        assert error == (
            f"lmkor: error (data): standard input:2: got '{word}', expected ids from 0 to {len(VOCABULARY) - 1} divided by "
            "blanks (--decode)\n"
        )


def test_long_lines_in_parts(pair):
    """A line of many MB is written as it is read, and its parts make the same line."""
    hf, folder = pair
    words = ["가나다라", "[MASK]", "", "abc", "."] * 900_000
    line = " ".join(words)
    text = f"가\n{line}\n나\n{line}".encode()
    ids = lambda *flags: lmkor("tokenize", "--tokenizer", folder, *flags, stdin=text).decode().split("\n")
    want = " ".join(map(str, hf.encode(" ".join(words[:5]), add_special_tokens=False).ids))
    whole = " ".join([want] * 900_000)
    assert ids() == ["5", whole, "6", whole, ""]
    assert ids("--special") == ["2 5 3", f"2 {whole} 3", "2 6 3", f"2 {whole} 3", ""]
    assert ids("--max-length", 3) == ["5", " ".join(want.split(" ")[:3]), "6", " ".join(want.split(" ")[:3]), ""]
    broken = b"x " * 5_000_000 + b"\xff\n"
    assert "standard input:1: got broken UTF-8 at byte 10000001 of the line" in lmkor(
        "tokenize", "--tokenizer", folder, "--invalid-utf8", "error", stdin=broken, code=65
    )


def stderr_of(folder):
    import subprocess

    done = subprocess.run([oracle.BIN, "tokenize", "--tokenizer", folder], input=b"", capture_output=True, check=True)
    return done.stderr.decode()


def test_files_that_contradict_each_other(pair):
    hf, folder = pair
    config = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIALS))
    config |= {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert stderr_of(folder) == (
        f"warning: {folder}/tokenizer_config.json: do_lower_case is false but tokenizer.json says lowercase true; "
        "tokenizer_config.json wins, as in transformers, which builds a BertTokenizer from it\n"
    )
    del config["strip_accents"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert "strip_accents is null but tokenizer.json says strip_accents false; tokenizer_config.json wins" in stderr_of(folder)
    config |= {"do_lower_case": True, "strip_accents": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    assert stderr_of(folder) == ""


def test_slips_in_a_vocab_txt(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(SPECIALS + ["가", "나", "가"]) + "\n")
    assert stderr_of(path) == f"warning: {path}: line 6 holds '가' like line 8, which counts; an id without a token is never used\n"
    path.write_text("\n".join(SPECIALS + ["가", "", "나", " ", "가"]) + "\n")
    assert stderr_of(path) == (
        f"warning: {path}: line 6 holds '가' like line 10, which counts, and 2 more such lines; an id without a token is never used\n"
    )
    path.write_text("[UNK]\n가\n[PAD]\n[CLS]\n")
    assert stderr_of(path) == (
        f"warning: {path}: got 4 tokens without [SEP], [MASK]; text can be encoded, but nothing that needs them: pairs, "
        "padding, training\n"
    )
    assert lmkor("tokenize", "--tokenizer", path, "--special", code=65).endswith(
        "lmkor: error (incompatible): the vocabulary has no [SEP], which special tokens around a text need\n"
    )
