"""The installed library, moved elsewhere, is found by find_package and does what the program does."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from infer_test import LMKOR, make

BUILD = pathlib.Path(os.environ["LMKOR_BIN"]).parent
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])


def run(*command, code=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    shutil.move(folder / "first", folder / "prefix")
    cache = (BUILD / "CMakeCache.txt").read_text().splitlines()
    python = next(line.split("=")[1] for line in cache if line.startswith("LMKOR_PYTHON:"))
    run("cmake", "-S", SOURCE / "examples/fill_mask", "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}",
        f"-DLMKOR_PYTHON={python}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", folder / "build")
    return folder / "build" / "fill_mask"


def test_the_example_says_what_the_program_says(program, tmp_path):
    model = make(tmp_path, "BertForMaskedLM")
    texts = ["가 [MASK]", "[MASK]나 [MASK]", "다"]
    lines = run(program, model, *texts).split("\n")
    done = subprocess.run([LMKOR, "fill-mask", "--model", model, "--top", "1"], input="\n".join(texts[:2]), capture_output=True,
                          text=True, check=True)
    for line, answer in zip(lines, done.stdout.splitlines()):
        fields = line.split("\t")[:-1]
        best = [mask[0] for mask in json.loads(answer)["masks"]]
        assert fields[::2] == [one["token"] for one in best]
        assert [float(score) for score in fields[1::2]] == pytest.approx([one["score"] for one in best], rel=1e-5)
    assert lines[2] == "got no [MASK], expected one at least"


def test_a_model_that_is_not_there(program, tmp_path):
    assert run(program, tmp_path / "none", "가", code=1) == ""


def test_twenty_lines():
    code = (SOURCE / "examples/fill_mask/main.cpp").read_text().splitlines()
    assert len([line for line in code if line and not line.startswith(("//", "#include"))]) <= 20
