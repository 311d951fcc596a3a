#!/usr/bin/env python3
"""A pretraining step of lmkor beside that of Transformers in eager mode: first that the loss curves agree, then the
ratio of their speeds in tokens per second.

    bench/train_step_bench.py --tokenizer TOK --layers 2 --hidden 128 [--packed] [--compute bf16] TEXT

Both sides start from the same weights and see the same ids and masks, AdamW with the same settings, no dropout. Rows are
128 ids full; with --packed they are documents, which lmkor packs and Transformers pads to the longest of a batch. Steps
alternate between the two processes; the ratio is the median of paired ratios after one step to warm up. On a busy
machine --cpu-time with --threads 1 takes the CPU time of both instead of wall time.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bench", default="build/release/bin/train_step_bench")
parser.add_argument("--tokenizer", required=True)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--hidden", type=int, default=128)
parser.add_argument("--batch", type=int, default=32, help="rows of a step")
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--compute", choices=["fp32", "bf16"], default="fp32", help="of lmkor; Transformers computes in fp32")
parser.add_argument("--packed", action="store_true", help="documents instead of full rows")
parser.add_argument("--rate", type=float, default=1e-4)
parser.add_argument("--cpu-time", action="store_true", help="CPU seconds instead of wall time; needs --threads 1")
parser.add_argument("--ours-only", action="store_true", help="no peer and no check, for profiles")
parser.add_argument("text", help="plain text, a document a line")
arguments = parser.parse_args()
if arguments.cpu_time and arguments.threads != 1:
    parser.error("--cpu-time: waiting threads spin, so CPU time means something with --threads 1 only")
clock = time.process_time if arguments.cpu_time else time.perf_counter
os.environ["HF_HUB_OFFLINE"] = "1"

import numpy  # noqa: E402
import tokenizers  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402

LENGTH = 128
LIMITS = {"fp32": 1e-3, "bf16": 2e-2}


def rows():
    """[CLS] ids [SEP], as many as the steps need."""
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(arguments.tokenizer, "tokenizer.json"))
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    need, out, stream = arguments.steps * arguments.batch, [], []
    with open(arguments.text, encoding="utf-8") as lines:
        for line in lines:
            ids = tokenizer.encode(line.rstrip("\n"), add_special_tokens=False).ids
            stream += ids
            if arguments.packed and ids:
                out.append([cls] + ids[: LENGTH - 2] + [sep])
            while not arguments.packed and len(stream) >= LENGTH - 2:
                out.append([cls] + stream[: LENGTH - 2] + [sep])
                del stream[: LENGTH - 2]
            if len(out) >= need:
                return tokenizer, out[:need]
    sys.exit(f"{arguments.text}: {len(out)} rows, {need} needed: take fewer steps")


def masked(row, mask, vocab, random):
    """15 % of the row are predicted: 80 % [MASK], 10 % another id, 10 % kept."""
    count = max(1, round(0.15 * (len(row) - 2)))
    places = sorted(random.choice(numpy.arange(1, len(row) - 1), count, replace=False))
    changed = list(row)
    for place in places:
        draw = random.random()
        if draw < 0.9:
            changed[place] = mask if draw < 0.8 else int(random.integers(5, vocab))
    return changed, places, [row[place] for place in places]


def main():
    tokenizer, data = rows()
    vocab, mask = tokenizer.get_vocab_size(), tokenizer.token_to_id("[MASK]")
    random = numpy.random.default_rng(1)
    padded, tensors, tokens = [], {}, []
    for step in range(arguments.steps):
        batch = [masked(row, mask, vocab, random) for row in data[step * arguments.batch : (step + 1) * arguments.batch]]
        lengths = [len(ids) for ids, _, _ in batch]
        starts = numpy.concatenate([[0], numpy.cumsum(lengths)])
        tensors[f"{step}.ids"] = numpy.concatenate([ids for ids, _, _ in batch]).astype(numpy.int32)
        tensors[f"{step}.cu_seqlens"] = starts.astype(numpy.int32)
        tensors[f"{step}.positions"] = numpy.concatenate([starts[i] + b[1] for i, b in enumerate(batch)]).astype(numpy.int32)
        tensors[f"{step}.labels"] = numpy.concatenate([b[2] for b in batch]).astype(numpy.int32)
        shape = (len(batch), max(lengths))
        ids, attention = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
        labels = numpy.full(shape, -100)
        for i, (changed, places, wanted) in enumerate(batch):
            ids[i, : len(changed)], attention[i, : len(changed)], labels[i, places] = changed, 1, wanted
        padded.append({"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(attention), "labels": torch.tensor(labels)})
        tokens.append(sum(lengths))

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=vocab, hidden_size=arguments.hidden, num_hidden_layers=arguments.layers,
        num_attention_heads=max(1, arguments.hidden // 64), intermediate_size=4 * arguments.hidden,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)  # fmt: skip
    model = transformers.BertForMaskedLM(config).train()
    plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
    matrices = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=arguments.rate, eps=1e-6)

    def theirs(step):
        begin = clock()
        loss = model(**padded[step]).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item(), clock() - begin

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        save_file(tensors, os.path.join(folder, "batches"))
        command = [arguments.bench, folder, os.path.join(folder, "batches"), arguments.compute, str(arguments.threads), str(arguments.rate)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ours(step):
            process.stdin.write(f"{step}\n")
            process.stdin.flush()
            loss, seconds, cpu_seconds = process.stdout.readline().split()
            return float(loss), float(cpu_seconds if arguments.cpu_time else seconds)

        pairs = []
        for step in range(arguments.steps):
            peer = theirs(step) if not arguments.ours_only else (float("nan"), float("nan"))
            pairs.append((peer, ours(step)))
        process.stdin.close()
        process.wait()
    largest = max(abs(peer[0] - own[0]) for peer, own in pairs)
    if largest > LIMITS[arguments.compute]:
        sys.exit(f"the losses differ by {largest:.2g}, allowed are {LIMITS[arguments.compute]}: no figure\n{pairs}")
    timed = range(1, arguments.steps)
    ratio = statistics.median(pairs[k][0][1] / pairs[k][1][1] for k in timed)
    own, peer = (statistics.median(tokens[k] / pairs[k][side][1] for k in timed) for side in (1, 0))
    kind = "documents" if arguments.packed else "full rows"
    print(
        f"L{arguments.layers} H{arguments.hidden}, {arguments.batch} {kind}, V {vocab}, {arguments.threads} thread(s), "
        f"{statistics.mean(tokens):.0f} tokens a step, {len(timed)} timed by {'CPU' if arguments.cpu_time else 'wall'} time: lmkor {arguments.compute} {own:.0f} tokens/s, "
        f"transformers fp32 {peer:.0f}, ratio {ratio:.2f}; losses {pairs[0][1][0]:.4f} to {pairs[-1][1][0]:.4f} differ by at most "
        f"{largest:.1e}; load {os.getloadavg()[0]:.1f}")


main()
