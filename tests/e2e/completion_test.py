"""lmkor completion: bash really completes; the other scripts are sound."""
import os
import pathlib
import shutil
import subprocess

import pytest

BIN = pathlib.Path(os.environ["LMKOR_BIN"])


def script(shell):
    return subprocess.run([BIN / "lmkor", "completion", shell], capture_output=True, text=True, check=True).stdout


def complete(*words):
    """What bash offers for the last word of a command line."""
    line = f"""eval "$(lmkor completion bash)"
COMP_WORDS=({" ".join(f"'{w}'" for w in words)}); COMP_CWORD={len(words) - 1}; _lmkor; printf '%s\\n' "${{COMPREPLY[@]}}" """
    env = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, env=env).stdout.split()


def test_bash_completes_commands_verbs_and_flags():
    assert complete("lmkor", "tok") == ["tokenize"]
    assert set(complete("lmkor", "corpus", "re")) == {"remove", "restore"}
    assert complete("lmkor", "tokenize", "--pad-") == ["--pad-to-multiple-of"]
    assert set(complete("lmkor", "tokenize", "--no-c")) == {"--no-cleanup"}
    assert "--donor" in complete("lmkor", "corpus", "remove", "--d")
    assert complete("lmkor", "tokenize", "fil") == []  # then the shell looks for files


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_hold_every_command(shell):
    text = script(shell)
    help_text = subprocess.run([BIN / "lmkor", "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("tokenize", "pretrain", "train-categories", "completion"):
        assert command in help_text and command in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)


def test_an_unknown_shell():
    done = subprocess.run([BIN / "lmkor", "completion", "tcsh"], capture_output=True, text=True)
    assert done.returncode == 2 and "one of bash, zsh, fish" in done.stderr
