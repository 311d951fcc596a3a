"""What all commands share: help, settings, result as JSON, exit codes; docs/cli.md is what the programs say."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

sys.path.insert(0, str(pathlib.Path(os.environ["LMKOR_SOURCE"]) / "tools"))
import make_cli_docs

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
COMMANDS = [name for name, _ in make_cli_docs.commands(LMKOR)]


def run(*arguments, code=0, program=LMKOR, **options):
    settings = {name: value for name, value in os.environ.items() if not name.startswith("LMKOR_")}
    settings["XDG_CONFIG_HOME"] = os.devnull
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([program, *map(str, arguments)], stdout=options.pop("stdout", subprocess.PIPE),
                          stderr=subprocess.PIPE, text=True, env=settings, **options)
    assert done.returncode == code, done.stderr
    return done


def test_docs_are_what_the_programs_say():
    assert make_cli_docs.PAGE.read_text(encoding="utf-8") == make_cli_docs.page(LMKOR), "run tools/make_cli_docs.py"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_a_worked_example(command):
    help = run(*command.split(), "--help").stdout
    example = help.split("\nExample\n")[1].splitlines()
    assert re.search(rf"\blmkor {command}\b", example[0]) and len(example) > 1
    assert help == run(*command.split(), "-h").stdout
    for recipe in re.findall(r"recipes/\S+", help):
        assert (pathlib.Path(os.environ["LMKOR_SOURCE"]) / recipe).exists(), recipe


@pytest.mark.parametrize("command", COMMANDS)
def test_printed_settings_give_the_same_settings(command, tmp_path):
    printed = run(*command.split(), "--print-config", "--seed", 7).stdout
    assert re.search(r"^seed = 7 +# --seed$", printed, re.MULTILINE)
    assert all("  # " in line for line in printed.splitlines() if line and not line.startswith("["))
    (tmp_path / "x.toml").write_text(printed)
    again = run(*command.split(), "--config", tmp_path / "x.toml", "--print-config").stdout
    assert tomllib.loads(again) == tomllib.loads(printed)
    assert f"# {tmp_path}/x.toml:" in again and "built-in" not in again


def test_every_shipped_recipe_is_understood():
    for recipe in sorted((pathlib.Path(os.environ["LMKOR_SOURCE"]) / "recipes").glob("*.toml")):
        command = "pretrain" if "[train]" in recipe.read_text() else "finetune"
        if command in COMMANDS:
            run(command, "--config", recipe, "--print-config")


def test_overview_and_version():
    overview = run("--help").stdout
    assert overview == run("help").stdout == run(code=2).stdout
    assert all(f"\n  {command} " in overview for command in COMMANDS)
    version = run("--version").stdout
    assert re.match(r"lmkor \d+\.\d+\.\d+ \(commit [^,]+, [^,]+, \w+\)\n", version)
    assert "libtorch: " in version and "devices: " in version
    lines = run("corpus", "--help").stdout.splitlines()
    assert "  lmkor corpus build  clean raw text into a corpus, keeping what is removed" in lines
    assert len(lines) > 1 and all(line.startswith("  lmkor corpus ") for line in lines)


@pytest.mark.parametrize("typed,answer", [
    (["tokenise"], "unknown command 'tokenise'; did you mean 'tokenize'? (lmkor --help lists all)"),
    (["corpsu", "build"], "unknown command 'corpsu'; did you mean 'corpus build'? (lmkor --help lists all)"),
    (["vocab-train"], "unknown command 'vocab-train'; did you mean 'vocab train'? (lmkor --help lists all)"),
    (["xyzzy"], "unknown command 'xyzzy' (lmkor --help lists all)"),
    (["--frobnicate"], "unknown command '--frobnicate' (lmkor --help lists all)"),
    (["corpus"], "lmkor corpus needs one of: corpus build, corpus remove, corpus train-categories, corpus restore, corpus stats"),
])
def test_unknown_commands_name_the_nearest(typed, answer):
    assert run(*typed, code=2).stderr == f"lmkor: error (usage): {answer}\n"


def test_exit_codes(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n가\n")
    vocab = tmp_path / "vocab.txt"
    assert "error (usage)" in run("tokenize", "--tokenizer", code=2).stderr
    assert "error (config)" in run("tokenize", code=2).stderr
    assert "error (data)" in run("inspect", tmp_path / "empty", code=65).stderr
    assert "error (not_found)" in run("tokenize", "--tokenizer", vocab, tmp_path / "none", code=66).stderr
    error = run("vocab", "train", tmp_path / "file", "--output", tmp_path / "file/v", code=73).stderr
    assert "error (output)" in error


def test_without_the_program_of_the_model_commands(tmp_path):
    shutil.copy(LMKOR, tmp_path / "lmkor")
    alone = tmp_path / "lmkor"
    assert run("--version", program=alone).stdout.startswith("lmkor ")
    assert run("doctor", code=69, program=alone).stderr == (
        f"lmkor: error (environment): {tmp_path}/lmkor-model: cannot be started: No such file or directory; this command "
        "needs the build with libtorch (cmake -DLMKOR_MODEL=ON)\n")


def test_json_is_one_object_and_all_else_goes_to_standard_error(tmp_path):
    (tmp_path / "text.txt").write_text("".join(f"{i}번 줄은 멀쩡한 한국어 문장입니다\n" for i in range(300)))
    for arguments in (
        ["corpus", "build", tmp_path / "text.txt", "--output", tmp_path / "corpus"],
        ["vocab", "train", tmp_path / "corpus", "--output", tmp_path / "vocab", "--size", 60, "--unused", 5],
        ["shard", tmp_path / "corpus", "--tokenizer", tmp_path / "vocab", "--output", tmp_path / "shards"],
        ["inspect", tmp_path / "shards"],
        ["doctor"],
    ):
        done = run(*arguments, "--json", "--progress", "json", "-v")
        assert isinstance(json.loads(done.stdout), dict) and done.stdout.count("\n") == 1, arguments
    # The pieces that belong together are found from the outside.
    assert json.loads(run("inspect", tmp_path / "shards", "--json").stdout)["parents"][0]["path"] == str(tmp_path / "vocab")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["doctor"], ["shard", "--print-config"]], ids=str)
def test_standard_output_that_cannot_be_written(arguments):
    with open("/dev/full", "w") as full:
        error = run(*arguments, code=73, stdout=full).stderr
    assert error == "lmkor: error (output): standard output cannot be written: No space left on device\n"


def test_colour_is_for_terminals_or_on_request(tmp_path):
    ask = ["tokenize", "--tokenizer", "/none"]
    assert run(*ask, code=66).stderr.startswith("lmkor: error (not_found): ")
    assert run(*ask, "--color", "always", code=66).stderr.startswith("\x1b[31mlmkor: error\x1b[0m (not_found): ")
