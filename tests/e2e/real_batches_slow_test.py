"""Batches of real text as the reference recipes make them: rates of masking, whole words, n-grams, pairs."""
import json
import os
import pathlib
import subprocess

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
DATA = pathlib.Path(os.environ["LMKOR_TEST_DATA"])
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])


def run(*arguments):
    return subprocess.run([LMKOR, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    run("vocab", "train", "--input", DATA / "corpus/petitions.jsonl.zst", "--output", folder / "vocab", "--size", 8000,
        "--unused", 100)
    run("shard", "--input", DATA / "corpus/petitions.jsonl.zst", "--tokenizer", folder / "vocab", "--output", folder / "shards")
    return folder / "shards"


def batches(shards, recipe, *arguments, count=4):
    return json.loads(run("inspect", shards, "--config", SOURCE / "recipes" / f"{recipe}.toml", "--batches", count, "--json",
                          *arguments))["batches"]


@pytest.mark.parametrize("recipe", ["bert-kor-base", "albert-kor-base"])
def test_masks_of_words(shards, recipe):
    found = batches(shards, recipe)
    masking, words = found["masking"], found["whole_words"]
    spread = 4 * (0.25 / masking["predictions"]) ** 0.5
    assert masking["predictions"] > 20_000
    assert abs(masking["mask"] - 0.8) < spread and abs(masking["kept"] - 0.1) < spread
    assert abs(masking["random"] - 0.1) < spread  # hardly ever the same piece by chance
    assert words["whole_share"] == 1 and words["partly_masked_words"] == 0 and masking["special_tokens_predicted"] == 0
    assert 0.12 < masking["share_of_tokens"] <= 0.151
    mean = words["masked_words_in_a_row"]["mean"]
    # one word at a time touches another by chance; of n-grams 6/11, 3/11 and 2/11 have one, two and three words
    assert 1 < mean < 1.3 if recipe == "bert-kor-base" else 1.4 < mean < 2.2


def test_pairs(shards):
    assert batches(shards, "bert-kor-base")["pairs"]["pairs"] == 0
    order = batches(shards, "albert-kor-base")["pairs"]
    assert order["pairs"] > 2_000 and abs(order["changed_share"] - 0.5) < 4 * (0.25 / order["pairs"]) ** 0.5
    following = batches(shards, "bert-kor-base", "--train-pairs", "next_sentence", count=16)["pairs"]
    assert abs(following["changed_share"] - 0.5) < 4 * (0.25 / following["pairs"]) ** 0.5


def test_masks_of_electra(shards):
    masking = batches(shards, "electra-kor-base")["masking"]
    spread = 4 * (0.25 / masking["predictions"]) ** 0.5
    assert abs(masking["mask"] - 0.85) < spread and abs(masking["kept"] - 0.15) < spread and masking["random"] == 0
    assert abs(masking["share_of_tokens"] - 0.15) < 0.005
