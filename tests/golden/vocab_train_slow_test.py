"""lmkor vocab train on real text at full size: Hugging Face's merges, in little memory too, without much memory."""
import os
import pathlib
import subprocess

import pytest

from tokenizer_oracle import BIN
from vocab_train_test import alphabet_of, by_hugging_face

DATA = pathlib.Path(os.environ["LMKOR_TEST_DATA"]) / "corpus"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"no real data in {DATA}")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """Comments and petitions, a document a line."""
    import json

    path = tmp_path_factory.mktemp("text") / "text.txt"
    with open(path, "w") as out:
        for name in ("comments", "petitions"):
            lines = subprocess.run(["zstd", "-dcq", "--long=27", DATA / f"{name}.jsonl.zst"], check=True, capture_output=True)
            for line in lines.stdout.decode().split("\n")[:-1]:
                out.write(" ".join(json.loads(line)["text"].split()) + "\n")
    return path


def train(text, output, *flags):
    """The tokens, and the peak of memory in MB, which time(1) measures."""
    command = ["/usr/bin/time", "-f", "%M", BIN, "vocab", "train", text, "--output", output, "--size", 20000, "--unused", 0]
    done = subprocess.run(
        [*map(str, command), "--min-character-count", "1", "--quiet", *flags], capture_output=True, text=True, check=True
    )
    return (output / "vocab.txt").read_text().split("\n")[:-1], int(done.stderr.split()[-1]) / 1000


def test_merges_and_memory(tmp_path, text):
    ours, _ = train(text, tmp_path / "v")
    assert by_hugging_face(text, alphabet_of(ours), 20000) == ours
    little, megabytes = train(text, tmp_path / "little", "--memory", "5MB", "--threads", "2")
    assert little == ours
    assert megabytes < 150
    assert list(tmp_path.glob(".*")) == []
