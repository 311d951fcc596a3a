#!/usr/bin/env python3
"""Writes docs/cli.md out of what the program says of itself: tools/make_cli_docs.py [build/release/bin/lmkor].

The commands are those of `lmkor --help`, each section is that command's own --help. A test compares the file.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
HEAD = """# Commands

<!-- Made by tools/make_cli_docs.py from the programs' own --help; do not edit. -->

A flag is a setting: `--train-steps 1000`, `--set train.steps=1000`, `[train] steps = 1000` in a TOML file that `--config` names and
`LMKOR_TRAIN_STEPS=1000` in the environment say the same. Built-in values give way to `$XDG_CONFIG_HOME/lmkor/config.toml`
(`~/.config` where that is not set), that to the environment, that to `--config`, that to flags, those to `--set`. `--print-config` shows
the outcome and where each value comes from. `-` is standard input; inputs are files, folders or patterns, plain or packed by zstd,
gzip, xz or bzip2.

| exit code | means |
|---|---|
| 0 | done |
| 1 | a check that was asked for failed (`model verify`) |
| 2 | the command line or a setting is wrong |
| 65 | the data is broken, or two artefacts do not belong together |
| 66 | an input does not exist |
| 69 | something outside (a device, libtorch, the hub) is not available |
| 70 | a fault of lmkor itself |
| 73 | an output cannot be written or exists already |
| 75 | training diverged; its state is saved |
| 130, 143 | stopped by Ctrl-C or SIGTERM; what is saved stays |
"""


def ask(program, *arguments):
    settings = {name: value for name, value in os.environ.items() if not name.startswith("LMKOR_")}
    settings["XDG_CONFIG_HOME"] = os.devnull  # nobody's own settings
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, env=settings).stdout


def commands(program):
    """(name, summary) of every command, in the order of the overview."""
    overview = ask(program, "--help").split("\nCommands\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S.*?)  +(.*)$", overview, re.MULTILINE)


def page(program):
    rows = commands(program)
    parts = [HEAD, "| command | does |\n|---|---|\n"]
    parts[1] += "".join(f"| [`{name}`](#lmkor-{name.replace(' ', '-')}) | {summary} |\n" for name, summary in rows)
    for name, _ in rows:
        body = ask(program, *name.split(), "--help").split("\n\n", 1)[1].rstrip("\n")
        parts.append(f"## lmkor {name}\n\n```text\n{body}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/bin/lmkor")), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written")
