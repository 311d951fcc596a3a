"""Models of Transformers with a vocabulary that divides Korean text, and what Transformers says of texts."""
import functools
import json
import random

import torch
from transformers import BertTokenizerFast

import model_oracle as oracle
from model_oracle import Case
from tokenizer_oracle import SPECIALS, lmkor

SYLLABLES = "나는오늘영화를보았다정말재미있"
VOCABULARY = SPECIALS + [".", "!", "a"] + list(SYLLABLES) + ["##" + s for s in SYLLABLES] + ["오늘", "영화", "##미있", "##a"]
TAGS = {"prefix": ["O", "B-PS", "I-PS", "B-LC", "I-LC"], "suffix": ["O", "PS-B", "PS-I", "LC-B", "LC-I"]}
SHAPE_OF = {"bert": "plain", "albert": "plain", "electra": "E<H"}


def texts(count=40, seed=3, longest=6):
    """Words of known and unknown syllables, blanks of several kinds, special tokens, signs; also nothing at all."""
    draw = random.Random(seed)
    signs = [".", "!", "..", "a!", "A", "뷁", "  ", "\u3000", "[SEP]", "éa", "\u200b"]
    word = lambda: "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(1, 4)))
    lines = [" ".join(word() if draw.random() < 0.8 else draw.choice(signs) for _ in range(draw.randint(1, longest)))
             for _ in range(count)]
    return lines + ["", " ", "오늘 영화", "뷁뷁"]


class Subject:
    """A model of one family and head in a folder, as Transformers saves it."""

    def __init__(self, folder, family, head, labels=None, **more):
        self.case, self.dir = Case(family, head, SHAPE_OF[family]), folder
        self.model = oracle.make_model(self.case, vocab_size=60, **more)
        if labels:
            self.model.config.id2label = dict(enumerate(labels))
            self.model.config.label2id = {label: i for i, label in enumerate(labels)}
        tokens = VOCABULARY + [f"[unused{i}]" for i in range(60 - len(VOCABULARY))]
        self.model.save_pretrained(folder)
        (folder / "vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")
        settings = {"do_lower_case": True, "strip_accents": False, "tokenizer_class": "BertTokenizer",
                    "model_max_length": 24}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        self.tokenizer = BertTokenizerFast.from_pretrained(folder)

    def run(self, command, lines, *flags):
        """What lmkor answers to each line."""
        text = lmkor(command, "--model", self.dir, *flags, stdin="".join(line + "\n" for line in lines).encode())
        answers = text.decode().split("\n")
        assert answers.pop() == ""
        return [json.loads(answer) for answer in answers]

    @functools.cache
    def forward(self, ids, types=None):
        """The model's output for one sequence."""
        with torch.no_grad():
            return self.model(input_ids=torch.tensor([ids]), output_hidden_states=True,
                              token_type_ids=torch.tensor([types]) if types else None)

    def outputs(self, text, pair=None):
        encoding = self.tokenizer(text, pair, truncation=True, max_length=24)
        return encoding, self.forward(tuple(encoding["input_ids"]), tuple(encoding["token_type_ids"]))

    def windows(self, text):
        """Every piece of a text of any length: (begin, end, logits), by the window where it is farthest from a cut."""
        plain = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        whole, offsets = plain["input_ids"], plain["offset_mapping"]
        length, stride = 22, 6
        starts = [0]
        while starts[-1] + length < len(whole):
            starts.append(starts[-1] + length - stride)
        out = [None] * len(whole)
        for start in starts:
            ids = whole[start:start + length]
            logits = self.forward((2, *ids, 3)).logits[0]
            for i in range(len(ids)):
                left = len(whole) if start == 0 else i
                right = len(whole) if start + length >= len(whole) else len(ids) - 1 - i
                known = out[start + i]
                if known is None or min(left, right) > known[0]:
                    out[start + i] = (min(left, right), logits[1 + i])
        return [(*offsets[i], whole[i], out[i][1]) for i in range(len(whole))]
