"""The card of a model: its front matter is what huggingface_hub reads."""
import json

from huggingface_hub import ModelCard

import model_oracle as oracle
from containers_test import CASES
from tokenizer_oracle import lmkor


def test_card(tmp_path):
    case = CASES["electra-masked_lm-E<H"]
    model = oracle.make_model(case)
    model.save_pretrained(tmp_path / "run" / "model")
    (tmp_path / "run" / "run.json").write_text(json.dumps({"command": "pretrain", "version": "0.1.0", "commit": "abc", "time": "2026-01-02", "device": "cpu"}))
    (tmp_path / "run" / "run.toml").write_text('[train]\nwarmup_steps = 10000\nlearning_rate = 0.0002\n')
    (tmp_path / "run" / "metrics.jsonl").write_text('{"step": 1, "loss": 9}\n{"step": 20, "loss": 2.5, "tokens": 4096}\n')
    results = {"task": "nsmc", "metric": "accuracy", "test": {"mean": 0.905, "std": 0.002, "ci95": [0.9, 0.91], "seeds": [0.904, 0.906]}}
    (tmp_path / "results.json").write_text(json.dumps(results))
    lmkor("model", "card", "--model", tmp_path / "run", "--name", "kim/작은: 모델", "--results", tmp_path / "results.json",
          "--datasets", "comments", "--base-model", "kim/base", "--compute", "Two cores.", "--license", "cc-by-4.0")
    card = ModelCard.load(tmp_path / "run" / "model" / "README.md")
    data = card.data
    assert (data.language, data.license, data.library_name, data.pipeline_tag) == ("ko", "cc-by-4.0", "transformers", "fill-mask")
    assert (data.tags, data.datasets, data.metrics, data.base_model) == (["korean", "electra", "lmkor"], ["comments"], ["accuracy"], "kim/base")
    (score,) = data.eval_results
    assert (score.dataset_name, score.metric_type, score.metric_value, data.model_name) == ("nsmc", "accuracy", 0.905, "kim/작은: 모델")
    parameters = sum(p.numel() for p in model.parameters())
    for text in (f"| parameters | {parameters:,} |", "| step | 20 |", "does not say `warmup_steps`;", "learning_rate = 0.0002",
                 "| nsmc | accuracy | 90.50 | 90.00 to 91.00 | 2 |", "Two cores.", "@misc{kim2020lmkor,"):
        assert text in card.text, text
    text = lmkor("model", "card", "--model", tmp_path / "run", code=73)
    assert "README.md: exists already" in text
