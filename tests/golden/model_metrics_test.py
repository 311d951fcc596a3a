"""lmkor's scores = those of scikit-learn, scipy, seqeval, the Naver challenge's scorer and KorQuAD's script."""
import json
import os
import pathlib
import random
import string
import subprocess
import warnings
from collections import Counter

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn
from seqeval.metrics import f1_score as entity_f1
from seqeval.scheme import IOB2

PROBE = pathlib.Path(os.environ["LMKOR_BIN"]) / "metrics_probe"


def values(jobs, folder):
    (folder / "jobs.json").write_text(json.dumps(jobs))
    done = subprocess.run([PROBE, folder / "jobs.json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(cases, folder):
    """cases: (job, expected) pairs."""
    found = values([job for job, _ in cases], folder)
    for (job, expected), value in zip(cases, found):
        assert value == pytest.approx(expected, abs=1e-12), job


def test_classes(tmp_path):
    rng = np.random.default_rng(1)
    draws = [(rng.integers(0, k, n).tolist(), rng.integers(0, k, n).tolist(), k)
             for k in (2, 3, 7) for n in (1, 2, 5, 100, 1000) for _ in range(5)]
    nasty = [([0] * 9, [0] * 9, 3), ([0] * 9, [1] * 9, 3), ([0, 1], [1, 0], 2), ([2], [2], 3), ([0, 0, 1], [0, 0, 0], 3)]
    cases = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for gold, said, labels in draws + nasty:
            for name, expected in (("accuracy", sklearn.accuracy_score(gold, said)),
                                   ("macro_f1", sklearn.f1_score(gold, said, average="macro")),
                                   ("micro_f1_of_rest", sklearn.f1_score(gold, said, average="micro", zero_division=0,
                                                                         labels=range(1, labels))),
                                   ("matthews", sklearn.matthews_corrcoef(gold, said))):
                cases.append((dict(metric=name, labels=[str(i) for i in range(labels)], gold=gold, predicted=said),
                              expected))
    check(cases, tmp_path)


def test_numbers(tmp_path):
    rng = np.random.default_rng(2)
    cases = []
    for n in (2, 3, 10, 500):
        for digits in (0, 1, 12):  # many, some and no ties
            gold, said = (rng.uniform(0, 5, n).round(digits) for _ in range(2))
            if len(set(gold)) < 2 or len(set(said)) < 2:
                continue
            pair = dict(gold=gold.tolist(), predicted=said.tolist())
            cases += [(dict(metric="pearson", **pair), stats.pearsonr(gold, said)[0]),
                      (dict(metric="spearman", **pair), stats.spearmanr(gold, said)[0]),
                      (dict(metric="negative_mse", **pair), -sklearn.mean_squared_error(gold, said)),
                      (dict(metric="f1_above_3", **pair),
                       sklearn.f1_score(gold >= 3, said >= 3, zero_division=0))]
    constant = dict(gold=[1.0, 2.0, 3.0], predicted=[2.0, 2.0, 2.0])  # nan in scipy
    cases += [(dict(metric=name, **constant), 0) for name in ("pearson", "spearman")]
    check(cases, tmp_path)


def test_several_labels(tmp_path):
    rng = np.random.default_rng(3)
    cases = []
    for n, labels, share in ((1, 2, 0.5), (30, 4, 0.3), (200, 10, 0.05), (20, 3, 0.0)):
        gold, said = ((rng.uniform(size=(n, labels)) < share).astype(int) for _ in range(2))
        job = dict(labels=[str(i) for i in range(labels)], gold=gold.tolist(), predicted=said.tolist())
        cases += [(dict(metric="micro_f1", **job), sklearn.f1_score(gold, said, average="micro", zero_division=0)),
                  (dict(metric="multi_macro_f1", **job), sklearn.f1_score(gold, said, average="macro", zero_division=0)),
                  (dict(metric="set_accuracy", **job), sklearn.accuracy_score(gold, said))]
    check(cases, tmp_path)


TAGS = ["O"] + [f"{kind}-{letter}" for kind in ("PS", "LC", "OG", "A-B") for letter in "BI"]


def naver_entities(tags):
    """The rules of the challenge's evaluation: see lmkor/task/spans.h."""
    out, start, previous = [], None, ""
    for i, tag in enumerate(tags):
        if tag == "O":
            if start is not None:
                out.append((start, i, previous))
            start = None
            continue
        kind, letter = tag[:-2], tag[-1]
        if letter == "B" or previous != kind:
            if start is not None:
                out.append((start, i, previous))
            start = i
        previous = kind
    return out


def naver_f1(gold, said):
    right = given = expected = 0
    for one, other in zip(gold, said):
        one, other = naver_entities(one), naver_entities(other)
        right, given, expected = right + len(set(one) & set(other)), given + len(other), expected + len(one)
    return 2 * right / (given + expected) if right else 0.0


def test_entities(tmp_path):
    rng = random.Random(4)

    def sentence(shaped):
        if not shaped:
            return [rng.choice(TAGS) for _ in range(rng.randint(1, 12))]
        out = []
        while len(out) < rng.randint(1, 12):
            kind = rng.choice(["O", "PS", "LC", "OG", "A-B"])
            out += ["O"] if kind == "O" else [kind + "-B"] + [kind + "-I"] * rng.randint(0, 2)
        return out

    nasty = [["PS-I"], ["PS-I", "PS-I"], ["PS-B", "LC-I"], ["PS-B", "O", "PS-I", "O"], ["PS-B", "PS-B"], ["O"],
             ["LC-I", "PS-B", "PS-I"], ["PS-B", "PS-I", "O"], ["A-B-B", "A-B-I", "O"], ["A-B-I", "PS-I", "A-B-I"]]
    cases = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for round in range(120):
            gold = [sentence(round % 2) for _ in range(rng.randint(1, 20))]
            said = [[t if rng.random() < 0.7 else rng.choice(TAGS) for t in tags] for tags in gold]
            if round < len(nasty):
                gold, said = [nasty[round]], [nasty[round]]
            elif round < 2 * len(nasty):
                gold, said = [nasty[round - len(nasty)]], [[rng.choice(TAGS) for _ in nasty[round - len(nasty)]]]
            job = dict(labels=TAGS, gold=[[TAGS.index(t) for t in tags] for tags in gold],
                       predicted=[[TAGS.index(t) for t in tags] for tags in said],
                       words=[["가" * rng.randint(1, 4) for _ in tags] for tags in gold])
            one = [t for tags, words in zip(gold, job["words"]) for t, w in zip(tags, words) for _ in w]
            other = [t for tags, words in zip(said, job["words"]) for t, w in zip(tags, words) for _ in w]
            present = sorted((set(one) | set(other)) - {"O"})
            cases += [(dict(metric="entity_f1", **job), entity_f1(gold, said, suffix=True)),
                      (dict(metric="entity_f1_strict", **job),
                       entity_f1(gold, said, suffix=True, mode="strict", scheme=IOB2)),
                      (dict(metric="entity_f1_naver", **job), naver_f1(gold, said)),
                      (dict(metric="tag_accuracy", **job),
                       sklearn.accuracy_score(sum(gold, []), sum(said, []))),
                      (dict(metric="char_macro_f1", **job),
                       sklearn.f1_score(one, other, labels=present, average="macro", zero_division=0) if present else 0)]
    check(cases, tmp_path)


def normal(text):
    """KorQuAD's normal form: see lmkor/task/answer_text.h."""
    for mark in "'\"《》<>〈〉()‘’":
        text = text.replace(mark, " ")
    return " ".join("".join(c for c in text.lower() if c not in string.punctuation).split())


def overlap(said, gold):
    shared = sum((Counter(said) & Counter(gold)).values())
    if shared == 0:
        return 0
    precision, recall = shared / len(said), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def test_answers(tmp_path):
    rng = random.Random(5)
    alphabet = "가나다 AbÇİ1９.,'\"《》<>〈〉()‘’-·\u3000\u00a0\t\u0085\u2003\u200b"

    def text():
        return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 12)))

    pairs = [([text() for _ in range(rng.randint(1, 3))], text()) for _ in range(400)]
    pairs += [([t], t + rng.choice(["", "은", " ", "."])) for t in (text() for _ in range(100))]
    pairs += [(["임종석"], "《임종석》"), (["1989년 2월 15일"], "1989년2월15일"), ([""], ""), (["..."], ""), (["a"], "")]
    cases = []
    for gold, said in pairs:
        job = dict(gold=[gold], predicted=[said])
        cases += [(dict(metric="exact_match", **job), float(any(normal(g) == normal(said) for g in gold))),
                  (dict(metric="char_f1", **job), max(overlap([c for w in normal(said).split() for c in w],
                                                              [c for w in normal(g).split() for c in w]) for g in gold)),
                  (dict(metric="word_f1", **job), max(overlap(normal(said).split(), normal(g).split()) for g in gold))]
    check(cases, tmp_path)


def test_intervals_and_significance(tmp_path):
    rng = np.random.default_rng(6)
    seeds = [rng.uniform(0.8, 0.9, n) for n in (2, 3, 5, 10, 21)]
    jobs = [dict(spread=values.tolist()) for values in seeds]
    jobs += [dict(holm=[0.01, 0.04, 0.03, 0.005])]
    a, b = (rng.uniform(size=400) < 0.85).astype(float), (rng.uniform(size=400) < 0.80).astype(float)
    jobs += [dict(compare=[[a.tolist()], [b.tolist()]]), dict(compare=[[a.tolist()], [a.tolist()]]),
             dict(compare=[[a.tolist()], [(a * 0).tolist()]])]
    *spreads, holm, found, same, apart = values(jobs, tmp_path)
    for own, three in zip(seeds, spreads):
        low, high = stats.t.interval(0.95, len(own) - 1, own.mean(), stats.sem(own))
        assert three == pytest.approx([own.std(ddof=1), low, high], abs=1e-9)
    assert holm == pytest.approx([0.03, 0.06, 0.06, 0.02])  # R: p.adjust(method = "holm")
    truth = stats.permutation_test((a, b), lambda x, y: x.mean() - y.mean(), permutation_type="samples",
                                   n_resamples=20000, rng=1)
    assert found[0] == pytest.approx(a.mean() - b.mean()) and found[3] == pytest.approx(truth.pvalue, abs=0.03)
    interval = stats.bootstrap((a, b), lambda x, y: x.mean() - y.mean(), paired=True, method="percentile",
                               n_resamples=5000, rng=1).confidence_interval
    assert found[1:3] == pytest.approx([interval.low, interval.high], abs=0.01)
    assert same == [0, 0, 0, 1] and apart[3] < 0.001 and apart[1] > 0.7
