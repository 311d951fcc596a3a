"""Every recipe that is shipped is understood, and the reference models are those that were published."""
import os
import pathlib
import subprocess
import tomllib

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])
RECIPES = sorted((SOURCE / "recipes").glob("*.toml"))


def effective(recipe):
    command = ["finetune", "--task", "nsmc", "--model"] if "finetune" in tomllib.loads(recipe.read_text()) else ["pretrain"]
    done = subprocess.run([LMKOR, *command, *(["m"] if len(command) > 1 else []), "--config", str(recipe), "--data", "d",
                           "--output", "o", "--print-config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tomllib.loads(done.stdout)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_is_parsed_and_every_value_is_taken(recipe):
    got = effective(recipe)
    for section, values in tomllib.loads(recipe.read_text()).items():
        for key, value in values.items():
            assert got[section][key] == value, f"{section}.{key}"


# hidden, layers, length, batch, rate, steps: LM-kor's README of January 2021
@pytest.mark.parametrize("name,published", [
    ("bert-kor-base", (768, 12, 512, 256, 1e-4, 1_900_000)),
    ("albert-kor-base", (768, 12, 256, 1024, 5e-4, 900_000)),
    ("electra-kor-base", (768, 12, 512, 256, 2e-4, 1_900_000)),
])
def test_reference_models_are_as_published(name, published):
    path = SOURCE / "recipes" / f"{name}.toml"
    got = effective(path)
    model, train = got["model"], got["train"]
    assert (model["hidden_size"], model["num_hidden_layers"], train["sequence_length"], train["batch_sequences"],
            train["learning_rate"], train["steps"]) == published
    # what was not published says so in its line
    given = {"hidden_size", "num_hidden_layers", "sequence_length", "batch_sequences", "learning_rate", "steps", "family",
             "whole_word_masking", "max_position_embeddings"}
    recipe, how = path.read_text().split("# How it runs")
    for line in recipe.splitlines():
        key = line.split(" = ")[0]
        if " = " in line and not line.startswith("#") and key not in given:
            assert "# assumed" in line, line
    assert "learning_rate" not in how
