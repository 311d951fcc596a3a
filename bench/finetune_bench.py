#!/usr/bin/env python3
"""Fine-tuning on NSMC beside transformers.Trainer: the same pretrained weights, the same rows, epochs, batch and rate;
accuracy on the same test rows, then the ratio of processor seconds.

    bench/finetune_bench.py --model RUN/model --data DATA/tasks/nsmc [--train 2000 --test 1000 --precision bf16]

The peer is Trainer with its defaults (fp32, AdamW, batches drawn at random), which pads to the longest of a batch, or
with --pad-to-maximum to 128 as many fine-tuning scripts do. Each side is a process of its own with one thread: waiting
threads spin, so processor time means something with one thread only. Runs alternate, other seeds each round; the ratio is
the median of the rounds. What each side takes to start (loading libraries) is counted for neither: a run of 32 rows is
subtracted.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--lmkor", default="build/release/bin/lmkor")
parser.add_argument("--model", required=True, help="a pretrained model's folder, as lmkor pretrain leaves it")
parser.add_argument("--data", required=True, help="folder with train.tsv, dev.tsv, test.tsv of NSMC")
parser.add_argument("--train", type=int, default=2000)
parser.add_argument("--test", type=int, default=1000)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--rate", type=float, default=3e-4)
parser.add_argument("--precision", default="bf16", help="of lmkor; Trainer computes in fp32")
parser.add_argument("--pad-to-maximum", action="store_true")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--peer", nargs=2, metavar=("FOLDER", "SEED"), help=argparse.SUPPRESS)
arguments = parser.parse_args()
LENGTH = 128
SPLITS = ("train", "dev", "test")


def slice_data(folder, *sizes):
    """The first rows of each file: the peer and lmkor read the same ones."""
    folder.mkdir()
    for split, rows in zip(SPLITS, sizes):
        with open(pathlib.Path(arguments.data) / f"{split}.tsv", encoding="utf-8") as source:
            (folder / f"{split}.tsv").write_text("".join(line for _, line in zip(range(rows + 1), source)))
    return folder


def peer(folder, seed):
    """Runs in a process of its own; prints the accuracy."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed
    torch.set_num_threads(1)
    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    padding = "max_length" if arguments.pad_to_maximum else False

    def rows(split):
        out = []
        for line in (pathlib.Path(folder) / f"{split}.tsv").read_text().splitlines()[1:]:
            _, text, label = line.split("\t")
            out.append({**tokenizer(text, truncation=True, max_length=LENGTH, padding=padding), "labels": int(label)})
        return out

    model = AutoModelForSequenceClassification.from_pretrained(arguments.model, num_labels=2)
    settings = TrainingArguments(output_dir=str(pathlib.Path(folder) / "peer"), num_train_epochs=arguments.epochs,
                                 per_device_train_batch_size=arguments.batch, learning_rate=arguments.rate,
                                 warmup_steps=0.1, seed=seed, save_strategy="no", report_to=[], disable_tqdm=True,
                                 use_cpu=True)
    trainer = Trainer(model=model, args=settings, train_dataset=rows("train"), processing_class=tokenizer)
    trainer.train()
    trainer.predict(rows("dev"))
    found = trainer.predict(rows("test"))
    print(json.dumps((found.predictions.argmax(1) == found.label_ids).mean().item()))


def measured(command):
    """Processor seconds of a process and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
                   "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def ours(folder, seed):
    output = folder / "ours"
    shutil.rmtree(output, ignore_errors=True)
    seconds, _ = measured([arguments.lmkor, "finetune", "--model", arguments.model, "--task", "nsmc", "--data", folder,
                           "--output", output, "--seeds", 1, "--seed", seed, "--threads", 1, "--progress", "none",
                           "--finetune-epochs", arguments.epochs, "--finetune-batch-size", arguments.batch,
                           "--finetune-learning-rate", arguments.rate, "--finetune-max-length", LENGTH,
                           "--finetune-precision", arguments.precision])
    return seconds, json.loads((output / "results.json").read_text())["test"]["mean"]


def theirs(folder, seed):
    flags = ["--pad-to-maximum"] if arguments.pad_to_maximum else []
    seconds, out = measured([sys.executable, __file__, "--model", arguments.model, "--data", arguments.data, "--epochs",
                             arguments.epochs, "--batch", arguments.batch, "--rate", arguments.rate, *flags, "--peer",
                             folder, seed])
    return seconds, json.loads(out.splitlines()[-1])


if arguments.peer:
    peer(arguments.peer[0], int(arguments.peer[1]))
    sys.exit()
with tempfile.TemporaryDirectory() as scratch:
    whole = slice_data(pathlib.Path(scratch) / "whole", arguments.train, 100, arguments.test)
    start = slice_data(pathlib.Path(scratch) / "start", 32, 32, 32)
    ratios, scores = [], ([], [])
    idle = [side(start, 1)[0] for side in (ours, theirs)]
    for seed in range(1, arguments.rounds + 1):
        found = [side(whole, seed) for side in (ours, theirs)]
        seconds = [own - rest for (own, _), rest in zip(found, idle)]
        for own, (_, score) in zip(scores, found):
            own.append(score)
        ratios.append(seconds[1] / seconds[0])
        print(f"seed {seed}: lmkor {seconds[0]:.1f} s {found[0][1]:.4f}, Trainer {seconds[1]:.1f} s {found[1][1]:.4f}, "
              f"ratio {ratios[-1]:.2f}", flush=True)
    error = (2 * 0.25 / arguments.test / arguments.rounds) ** 0.5
    means = [statistics.mean(own) for own in scores]
    print(f"accuracy: lmkor {means[0]:.4f}, Trainer {means[1]:.4f}; processor time: {statistics.median(ratios):.2f} times "
          "less")
    if means[0] < means[1] - 3 * error:
        sys.exit("lmkor's accuracy falls short of the peer's: the times do not compare")
