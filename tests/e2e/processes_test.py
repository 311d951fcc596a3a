"""Pretraining by several processes: the figures of one, whatever their number; one that is lost; what cannot be shared."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])
TORCHRUN = SOURCE / ".venv/bin/torchrun"
BOUND = 1e-6  # relative, in fp32: sums are made in another order; 3e-7 was the most in 400 steps
SIZES = ["--model-hidden-size", 32, "--model-embedding-size", 0, "--model-num-hidden-layers", 2, "--model-num-attention-heads", 2,
         "--model-intermediate-size", 64, "--model-max-position-embeddings", 64, "--model-initializer-range", 0.15,
         "--train-sequence-length", 32, "--train-batch-sequences", 8, "--train-log-every-steps", 1, "--progress", "none",
         "--threads", 1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arguments(work, output, *more, family="bert", steps=12):
    return [LMKOR, *map(str, ["pretrain", "--data", work / "shards", "--output", output, "--model-family", family, *SIZES,
                              "--train-steps", steps, *more])]


def start(world, command):
    port = str(free_port())
    common = {**os.environ, "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [subprocess.Popen(command, env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(world)},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for rank in range(world)]


def finish(processes, code=0):
    ends = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [code] * len(processes), ends
    return ends


def alone(command, code=0):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def metrics(output):
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


def wait_for_step(output, step, processes):
    while not (output / "metrics.jsonl").exists() or len((output / "metrics.jsonl").read_text().splitlines()) < step:
        assert all(process.poll() is None for process in processes), [process.communicate() for process in processes]
        time.sleep(0.02)


def expect_same(got, expected):
    assert [line["step"] for line in got] == [line["step"] for line in expected]
    for a, b in zip(got, expected):
        assert a["tokens"] == b["tokens"]
        for key, value in b.items():
            if key.endswith("loss") or key == "gradient_norm":
                assert a[key] == pytest.approx(value, rel=BOUND), (key, b["step"])


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    subprocess.run([sys.executable, SOURCE / "examples/make_reviews.py", "--output", folder / "data", "--documents", "3000",
                    "--examples", "100"], check=True, capture_output=True)
    alone([LMKOR, "vocab", "train", str(folder / "data/corpus"), "--output", str(folder / "vocab"), "--size", "2000", "--unused",
           "50"])
    alone([LMKOR, "shard", str(folder / "data/corpus"), "--tokenizer", str(folder / "vocab"), "--output", str(folder / "shards")])
    return folder


@pytest.mark.parametrize("family", ["bert", "albert", "electra"])
def test_two_processes_give_the_figures_of_one(work, family):
    # Micro-batches of 4 rows: those of two processes are those of one, and so is what dropout drops.
    one, two = work / f"one-{family}", work / f"two-{family}"
    more = ["--train-micro-batch-sequences", 4, "--train-validate-every-steps", 4]
    if family == "albert":
        more += ["--train-recompute-activations"]
    alone(arguments(work, one, *more, family=family))
    ends = finish(start(2, arguments(work, two, *more, family=family)))
    expect_same(metrics(two), metrics(one))
    assert "validation_loss" in metrics(two)[-1]
    assert ends[1] == ("", "") and "step 12" in ends[0][0]  # rank 0 speaks
    assert json.loads((two / "run.json").read_text())["world_size"] == 2
    assert (two / "model/model.safetensors").exists() and (two / "report.html").exists()


def test_what_two_have_saved_goes_on_on_one_and_on_four(work):
    whole, output = work / "whole", work / "stopped"
    more = ["--set", "train.dropout=false"]
    alone(arguments(work, whole, *more, steps=400))
    processes = start(2, arguments(work, output, *more, steps=400))
    wait_for_step(output, 5, processes)
    processes[1].send_signal(signal.SIGTERM)  # one is told, all stop after the same step
    ends = finish(processes, 143)
    assert "the state is in" in ends[0][1]
    at = len(metrics(output))
    assert [p.name for p in (output / "checkpoints").iterdir()] == [f"step-{at:08d}"] and at < 400
    shutil.copytree(output, work / "on-four")
    alone(arguments(work, output, *more, steps=400))
    finish(start(4, arguments(work, work / "on-four", *more, steps=400)))
    for run in (output, work / "on-four"):
        expect_same(metrics(run), metrics(whole))


@pytest.mark.skipif(not TORCHRUN.exists(), reason="no torchrun in .venv")
def test_a_killed_process_is_started_again_and_the_run_goes_on(work):
    output = work / "killed"
    command = [str(TORCHRUN), "--no-python", "--nproc-per-node", "2", "--max-restarts", "2", "--master-port", str(free_port()),
               *arguments(work, output, "--train-checkpoint-every-steps", 5, steps=300)]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_step(output, 12, [launcher])
    children = subprocess.run(["pgrep", "-P", str(launcher.pid)], capture_output=True, text=True).stdout.split()
    ranks = {}
    for pid in children:
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        ranks.update({entry[5:]: int(pid) for entry in environment if entry.startswith(b"RANK=")})
    os.kill(ranks[b"1"], signal.SIGKILL)
    out, error = launcher.communicate(timeout=240)
    assert launcher.returncode == 0, error
    assert "going on from" in error and "step 300" in out
    lines = metrics(output)
    alone(arguments(work, work / "unharmed", "--train-micro-batch-sequences", 4, steps=300))
    expect_same(lines, metrics(work / "unharmed"))


def test_who_is_left_alone_says_so(work):
    output = work / "left"
    processes = start(2, arguments(work, output, "--train-checkpoint-every-steps", 2, steps=100000))
    wait_for_step(output, 4, processes)
    processes[1].kill()
    _, error = processes[0].communicate(timeout=60)
    assert processes[0].returncode == 69
    assert "Another process of this run is gone or cannot be reached. Run the same command again" in error


def test_what_cannot_be_shared_is_refused(work):
    for _, error in finish(start(3, arguments(work, work / "three")), 2):
        assert ("train.batch_sequences: got batches of 8 rows for 3 processes, expected a multiple; change it, or the number of "
                "processes (WORLD_SIZE)") in error
    command = arguments(work, work / "odd")
    for environment, text in (({"RANK": "2", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"},
                               'environment: RANK: got "2", expected a number from 0 to 1'),
                              ({"RANK": "0"}, 'environment: WORLD_SIZE: got "", expected a number from 1 to'),
                              ({"RANK": "0", "WORLD_SIZE": "2"},
                               "environment: WORLD_SIZE is 2 and MASTER_ADDR is not set: expected the name of the machine of rank 0")):
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        assert done.returncode == 2 and text in done.stderr, done.stderr
