"""The five lines of README.md do what it says, on little text and few steps; the documents name files that are there."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])
README = (SOURCE / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "docs").glob("*.md"))]


def test_the_tour(tmp_path):
    shell, python = re.search(r"in five lines\n\n```sh\n(.*?)```\n\n```python\n(.*?)```", README, re.DOTALL).groups()
    lines = [line for line in shell.splitlines() if line.startswith("lmkor ")]
    assert [line.split()[1] for line in lines] == ["corpus", "vocab", "shard", "pretrain"]
    subprocess.run([sys.executable, SOURCE / "examples/make_reviews.py", "--output", tmp_path / "sample", "--documents",
                    "1500", "--examples", "60"], check=True, capture_output=True)
    (tmp_path / "sample/corpus").rename(tmp_path / "raw")
    (tmp_path / "recipes").symlink_to(SOURCE / "recipes")
    environment = {**os.environ, "PATH": f"{os.environ['LMKOR_BIN']}:{os.environ['PATH']}", "XDG_CONFIG_HOME": os.devnull}
    for line in lines:
        line = line.replace("--size 42000 --unused 2000", "--size 1200 --unused 20")
        if line.startswith("lmkor pretrain"):
            line += " --train-steps 3 --train-batch-sequences 4"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    done = subprocess.run([sys.executable, "-c", python + "print(model(**tokenizer('좋은 영화', return_tensors='pt'))[0].shape)"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert "torch.Size([1, " in done.stdout, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_that_documents_name_are_there(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target
    for name in re.findall(r"`((?:lmkor|tests|tools|cmake|recipes|examples|docs|bench|deps)/[\w./-]*\w)`", text):
        assert (SOURCE / name).exists() or "NAME" in name or "ROOM" in name, name


def test_the_picture_of_the_rooms_is_that_of_the_house():
    text = (SOURCE / "docs/architecture.md").read_text(encoding="utf-8")
    levels = dict(re.findall(r"^(\w+) (\d+)$", (SOURCE / "lmkor/LAYERS").read_text(), re.MULTILINE))
    rows = {room: level for level, room in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)}
    there = {path.name for path in (SOURCE / "lmkor").iterdir() if path.is_dir()}
    assert {room: level for room, level in levels.items() if room in there} == rows
    assert all(f"`{room}`" in text for room in levels)


def test_libraries_of_the_build_stand_in_the_table():
    cmake = "".join((SOURCE / name).read_text() for name in ("CMakeLists.txt", "cmake/libraries.cmake", "tests/CMakeLists.txt"))
    found = set(re.findall(r"find_package\((\w+) REQUIRED", cmake)) - {"PkgConfig", "Threads"}
    found |= set(re.search(r"IMPORTED_TARGET GLOBAL ([\w\s]+)\)", cmake)[1].split())
    found |= set(re.findall(r"pkg_check_modules\(CURL REQUIRED (\w+)\)", cmake))
    names = {"libcrypto": "OpenSSL", "libxxhash": "xxHash", "libutf8proc": "utf8proc", "libzstd": "zstd", "GTest": "GoogleTest",
             "nlohmann_json": "nlohmann-json", "libcurl": "libcurl", "hdf5": "libhdf5"}
    table = (SOURCE / "docs/architecture.md").read_text().split("## Libraries")[1].lower()
    assert found and all(names.get(name, name).lower() in table for name in found), found
