"""What the golden tests of tokenizer and vocabulary share: running lmkor, and Hugging Face's answer to the same text."""
import itertools
import json
import os
import pathlib
import subprocess

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

BIN = pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def lmkor(*arguments, stdin=b"", code=0):
    """Standard output of one call as bytes; with another exit code expected, its standard error as text."""
    done = subprocess.run([str(BIN), *map(str, arguments)], input=stdin, capture_output=True)
    error = done.stderr.decode()
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{error}"
    return done.stdout if code == 0 else error


def make_tokenizer(vocab, lowercase=True, strip_accents=False, chinese=True, clean=True):
    """A Hugging Face BERT tokenizer of `vocab`, a list of tokens that begins with SPECIALS."""
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip_accents, lowercase=lowercase
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def ids_of(folder, lines, *flags):
    out = lmkor("tokenize", "--tokenizer", folder, *flags, stdin=encoded(lines)).decode().split("\n")
    assert out.pop() == ""
    return [[int(x) for x in line.split(" ")] if line else [] for line in out]


def objects_of(folder, lines, *flags):
    out = lmkor("tokenize", "--tokenizer", folder, "--output-format", "jsonl", *flags, stdin=encoded(lines))
    out = out.decode().split("\n")
    assert out.pop() == ""
    return [json.loads(line) for line in out]


def encoded(lines):
    return "".join(line + "\n" for line in lines).encode()


def assert_equal(folder, hf, lines, show=repr):
    """Ids by the cached path, and ids, tokens and offsets by the other, all equal to those of `hf`."""
    want = hf.encode_batch(lines, add_special_tokens=False)
    ids = ids_of(folder, lines)
    objects = objects_of(folder, lines, "--offsets")
    assert len(ids) == len(objects) == len(want)
    for line, fast, full, expected in zip(lines, ids, objects, want):
        assert fast == expected.ids, f"{show(line)}: got {fast}, expected {expected.ids} {expected.tokens}"
        assert full["ids"] == expected.ids, show(line)
        assert full["tokens"] == expected.tokens, show(line)
        offsets = [tuple(x) for x in full["offsets"]]
        assert offsets == expected.offsets, f"{show(line)}: got {offsets}, expected {expected.offsets}"


def code_points():
    return itertools.chain(range(0x0A), range(0x0B, 0xD800), range(0xE000, 0x110000))


def hexed(line):
    return " ".join(f"{ord(c):04X}" for c in line)
