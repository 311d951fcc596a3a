#!/usr/bin/env python3
"""Inference beside ONNX Runtime (fp32, dynamic int8) and OpenVINO (bf16): first the errors, then the speeds.

    bench/infer_bench.py --text COMMENTS --tokenizer VOCAB [--openvino .venv-openvino/bin/python] [--labelled MODEL TSV]

A BERT of base size with random weights; all engines compute the last hidden states of the same ids. Equal length: one
sequence of 16 and of 128 tokens, eight of 128. Stream: lines of COMMENTS in their order, 32 at a time, which the peers
get padded to the longest of the 32 (and to 128), lmkor packed. Tokenizing is outside of all timings. Engines take turns;
ratios are medians over the rounds, of processor time. With --labelled also the accuracy of a fine-tuned classifier in
each precision, on a file with the columns id, text, label. OpenVINO lives in an environment of its own:
python3 -m venv .venv-openvino && .venv-openvino/bin/pip install openvino==2026.4 numpy
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

PRECISIONS = ["fp32", "bf16", "int8"]


class Process:
    """An engine in a process of its own: a line with a batch's name in, seconds out."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]


def serve_openvino(model, batches, threads, precision):
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": int(threads)})
    request = compiled.create_infer_request()
    arrays = numpy.load(batches)
    for line in sys.stdin:
        name, *file = line.split()
        inputs = {key: arrays[f"{name}.{key}"] for key in ("input_ids", "attention_mask", "token_type_ids")}
        wall, processor = time.perf_counter(), time.process_time()
        request.infer(inputs)
        print(time.perf_counter() - wall, time.process_time() - processor, flush=True)
        if file:
            numpy.save(file[0], request.get_output_tensor(0).data)


def padded(rows, length):
    ids = numpy.zeros((len(rows), length), numpy.int64)
    mask = numpy.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}


def tokenized(arguments):
    flags = ["--tokenizer", arguments.tokenizer, "--special", "--max-length", "128", "-"]
    with open(arguments.text, encoding="utf-8", newline="\n") as file:
        lines = "".join(line for _, line in zip(range(arguments.lines), file))
    done = subprocess.run([arguments.lmkor, "tokenize", *flags], input=lines, capture_output=True, text=True, check=True)
    return [[int(id) for id in line.split()] for line in done.stdout.splitlines()]


def accuracy(arguments):
    model, file = arguments.labelled
    with open(file, encoding="utf-8") as rows:
        rows = [row.rstrip("\n").split("\t") for row in rows][1:]
    texts = "".join(row[1] + "\n" for row in rows)
    for precision in PRECISIONS:
        done = subprocess.run([arguments.lmkor, "predict", "--model", model, "--precision", precision, "--quiet"],
                              input=texts, capture_output=True, text=True, check=True)
        labels = [json.loads(line)["label"] for line in done.stdout.splitlines()]
        right = sum(label == row[2] for label, row in zip(labels, rows, strict=True))
        print(f"accuracy of {model} in {precision}: {right / len(rows):.4f} of {len(rows):,}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lmkor", default="build/release/bin/lmkor")
    parser.add_argument("--bench", default="build/release/bin/infer_bench")
    parser.add_argument("--text", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--lines", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--openvino", default="")
    parser.add_argument("--labelled", nargs=2, default=[])
    arguments = parser.parse_args()

    import onnxruntime
    import torch
    import transformers
    from onnxruntime.quantization import quantize_dynamic
    from safetensors.numpy import load_file, save_file

    rows = tokenized(arguments)
    draw = numpy.random.default_rng(1)
    random = lambda count, length: [draw.integers(5, 4000, length).tolist() for _ in range(count)]
    batches = {"b1-s16": random(1, 16), "b1-s128": random(1, 128), "b8-s128": random(8, 128)}
    stream = {f"stream-{i}": rows[at : at + 32] for i, at in enumerate(range(0, len(rows), 32))}
    packed, arrays = {}, {}
    for name, sequences in (batches | stream).items():
        packed[f"{name}.ids"] = numpy.concatenate(sequences).astype(numpy.int32)
        packed[f"{name}.cu_seqlens"] = numpy.cumsum([0] + [len(s) for s in sequences]).astype(numpy.int32)
        arrays[name] = padded(sequences, max(len(s) for s in sequences))
        if name in stream:
            arrays[f"{name}-128"] = padded(sequences, 128)

    torch.manual_seed(1)
    config = transformers.BertConfig(vocab_size=42000, num_hidden_layers=arguments.layers)
    with tempfile.TemporaryDirectory() as folder:
        transformers.BertModel(config).save_pretrained(f"{folder}/model")
        subprocess.run([arguments.lmkor, "model", "export", "--model", f"{folder}/model", "--output", f"{folder}/onnx", "--formats",
                        "onnx", "--quiet"], check=True)
        onnx, quantized = f"{folder}/onnx/onnx/model.onnx", f"{folder}/int8.onnx"
        quantize_dynamic(onnx, quantized, per_channel=True)
        save_file(packed, f"{folder}/batches")
        numpy.savez(f"{folder}/batches.npz", **{f"{name}.{key}": value for name, keys in arrays.items() for key, value in keys.items()})

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        sessions = {"ONNX Runtime fp32": onnxruntime.InferenceSession(onnx, options, ["CPUExecutionProvider"]),
                    "ONNX Runtime int8": onnxruntime.InferenceSession(quantized, options, ["CPUExecutionProvider"])}

        def theirs(session, name, keep=None):
            wall, processor = time.perf_counter(), time.process_time()
            out = session.run(None, arrays[name])
            times = [time.perf_counter() - wall, time.process_time() - processor]
            if keep is not None:
                keep.append(out[0])
            return times

        own = Process([arguments.bench, f"{folder}/model", f"{folder}/batches", str(arguments.threads), *PRECISIONS])
        for precision in PRECISIONS:
            name, mapped, ready, processor = own.process.stdout.readline().split()
            print(f"lmkor {name}: weights mapped and checked in {float(mapped):.3f} s, packed after {float(ready):.3f} s "
                  f"({float(processor):.3f} s of processor time)")
        own.process.stdout.readline()
        engines = {f"lmkor {precision}": (lambda p: lambda name, *file: own.ask(" ".join([p, name, *file])))(precision)
                   for precision in PRECISIONS}
        for label, session in sessions.items():
            engines[label] = (lambda s: lambda name, *file: theirs(s, name))(session)
        if arguments.openvino:
            for precision in ("f32", "bf16"):
                process = Process([arguments.openvino, __file__, "--serve-openvino", onnx, f"{folder}/batches.npz",
                                   str(arguments.threads), precision])
                engines[f"OpenVINO {precision}"] = (lambda p: lambda *words: p.ask(" ".join(words)))(process)

        # Errors first: of all states against ONNX Runtime in fp32, relative to their size.
        kept = []
        theirs(sessions["ONNX Runtime fp32"], "b8-s128", kept)
        truth = kept[0].reshape(-1, config.hidden_size)
        errors = {}
        for label, engine in engines.items():
            if label.startswith("ONNX"):
                kept = []
                theirs(sessions[label], "b8-s128", kept)
                states = kept[0]
            else:
                file = f"{folder}/states" + (".npy" if label.startswith("OpenVINO") else "")
                engine("b8-s128", file)
                engine("b1-s16")  # the file is whole when the next answer has come
                states = numpy.load(file) if file.endswith(".npy") else load_file(file)["hidden"]
            errors[label] = numpy.linalg.norm(states.reshape(truth.shape) - truth) / numpy.linalg.norm(truth)
            print(f"error of {label}: {errors[label]:.2e}")
        if errors["lmkor fp32"] > 1e-4 or errors["lmkor bf16"] > 3e-2 or errors["lmkor int8"] > 8e-2:
            sys.exit("the states differ: no figures")

        cpu = open("/proc/cpuinfo").read()
        family = next(line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("cpu family"))
        print(f"cpu family {family}, {arguments.threads} thread(s), ONNX Runtime {onnxruntime.__version__}, load {os.getloadavg()[0]:.1f}; "
              "processor time")
        work = {name: [name] for name in batches}
        work["stream"] = list(stream)
        for kind, names in work.items():
            times = {label: [] for label in engines}
            times |= {"ONNX Runtime fp32, padded to 128": []} if kind == "stream" else {}
            for round in range(arguments.rounds + 1):
                for label in times:
                    engine, suffix = engines[label.split(",")[0]], "-128" if "128" in label else ""
                    seconds = sum(engine(name + suffix)[1] for name in names)
                    if round > 0:  # the first is warm-up
                        times[label].append(seconds)
            tokens = sum(len(s) for name in names for s in (batches | stream)[name])
            print(f"{kind}: {tokens:,} tokens")
            base = times["ONNX Runtime fp32"]
            for label, seconds in times.items():
                ratio = statistics.median(b / s for b, s in zip(base, seconds))
                print(f"  {label:34} {1000 * statistics.median(seconds):9.1f} ms {tokens / statistics.median(seconds):9.0f} tokens/s {ratio:6.2f}")
    if arguments.labelled:
        accuracy(arguments)


if sys.argv[1:2] == ["--serve-openvino"]:
    serve_openvino(*sys.argv[2:])
else:
    main()
