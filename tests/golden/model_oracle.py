"""Tiny random models of Transformers as the truth for lmkor's encoders, and the inputs that both sides get."""
import dataclasses
import os

import torch
import transformers
from safetensors.torch import save_file

torch.set_num_threads(1)  # the models are tiny

IGNORED = -100
LENGTHS = [7, 1, 12, 4]
FAMILIES = {"bert": "Bert", "albert": "Albert", "electra": "Electra"}
HEADS = {
    "none": "Model",
    "masked_lm": "ForMaskedLM",
    "pretraining": "ForPreTraining",
    "replaced_token": "ForPreTraining",
    "sequence": "ForSequenceClassification",
    "regression": "ForSequenceClassification",
    "tokens": "ForTokenClassification",
    "question": "ForQuestionAnswering",
}
SHAPES = {
    "bert": {
        "plain": dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64),
        "odd": dict(hidden_size=39, num_hidden_layers=2, num_attention_heads=3, intermediate_size=53, vocab_size=101,
                    type_vocab_size=3, max_position_embeddings=12, hidden_act="gelu_new", layer_norm_eps=1e-5),
    },
    "albert": {
        "plain": dict(embedding_size=16, hidden_size=32, num_hidden_layers=4, num_attention_heads=2,
                      intermediate_size=64),
        "E=H": dict(embedding_size=24, hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=40,
                    hidden_act="gelu"),
        "groups": dict(embedding_size=8, hidden_size=16, num_hidden_layers=5, num_hidden_groups=2, num_attention_heads=2,
                       intermediate_size=32),
    },
    "electra": {
        "E<H": dict(embedding_size=16, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
                    hidden_act="gelu_new"),
        "E=H": dict(embedding_size=32, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                    intermediate_size=128),
        "odd": dict(embedding_size=21, hidden_size=35, num_hidden_layers=1, num_attention_heads=1, intermediate_size=33,
                    vocab_size=77),
    },
}


@dataclasses.dataclass
class Case:
    family: str
    head: str
    shape: str

    def __str__(self):
        return f"{self.family}-{self.head}-{self.shape}"

    @property
    def lmkor_head(self):
        return "sequence" if self.head == "regression" else self.head

    @property
    def model_class(self):
        return getattr(transformers, FAMILIES[self.family] + HEADS[self.head])

    def config(self, **more):
        settings = dict(vocab_size=60, max_position_embeddings=24) | SHAPES[self.family][self.shape] | more
        if self.head in ("sequence", "regression", "tokens"):
            count = 1 if self.head == "regression" else 5
            settings["id2label"] = {i: f"이름 {i}" for i in range(count)}
            settings["label2id"] = {f"이름 {i}": i for i in range(count)}
        return getattr(transformers, FAMILIES[self.family] + "Config")(**settings)


def cases():
    for family, shapes in SHAPES.items():
        for head in HEADS:
            if head == ("pretraining" if family == "electra" else "replaced_token"):
                continue
            for shape in shapes:
                yield Case(family, head, shape)


def make_model(case, seed=0, **more):
    """Weights that show every mistake: nothing is 0 or 1, attention is far from uniform."""
    model = case.model_class._from_config(case.config(**more), attn_implementation="eager")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = torch.randn(parameter.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * drawn)
            else:
                parameter.copy_(drawn * (0.25 if parameter.dim() > 1 else 0.1))
    return model.eval()


def make_inputs(config, head, seed=0):
    """Packed as lmkor takes them; labels of the tokens are packed too."""
    generator = torch.Generator().manual_seed(seed)
    tokens, sequences = sum(LENGTHS), len(LENGTHS)

    def draw(count, high, low=0):
        return torch.randint(low, high, (count,), generator=generator)

    out = {
        "ids": draw(tokens, config.vocab_size, 1),
        "types": draw(tokens, config.type_vocab_size),
        "cu_seqlens": torch.tensor([0] + LENGTHS).cumsum(0),
    }
    labelled = torch.rand(tokens, generator=generator) < 0.5
    if head == "none":
        out["hidden_weights"] = torch.randn(tokens, config.hidden_size, generator=generator)
    elif head in ("masked_lm", "pretraining"):
        out["labels"] = torch.where(labelled, draw(tokens, config.vocab_size), IGNORED)
        out["pair_labels"] = draw(sequences, 2)
    elif head == "replaced_token":
        out["labels"] = draw(tokens, 2)
    elif head == "regression":
        out["labels"] = torch.randn(sequences, generator=generator)
    elif head == "sequence":
        out["labels"] = draw(sequences, config.num_labels)
    elif head == "tokens":
        out["labels"] = torch.where(labelled, draw(tokens, config.num_labels), IGNORED)
    elif head == "question":
        out["labels"] = torch.tensor([[n // 2, n - 1] for n in LENGTHS])
    return out


def padded(values, fill):
    return torch.nn.utils.rnn.pad_sequence(values.split(LENGTHS), batch_first=True, padding_value=fill)


def run(model, head, inputs):
    """What Transformers gives for the same inputs as a padded batch; rows of padding are taken out again."""
    mask = padded(torch.ones(sum(LENGTHS), dtype=torch.long), 0)
    real = mask.bool()
    labels = {}
    if head in ("masked_lm", "pretraining", "tokens", "replaced_token"):
        labels["labels"] = padded(inputs["labels"], IGNORED if head != "replaced_token" else 0)
        if head == "replaced_token":
            labels["labels"] = labels["labels"].to(torch.float)
        if head == "pretraining":
            name = "sentence_order_label" if "Albert" in type(model).__name__ else "next_sentence_label"
            labels[name] = inputs["pair_labels"]
    elif head in ("sequence", "regression"):
        dtype = next(model.parameters()).dtype
        labels["labels"] = inputs["labels"].to(dtype) if head == "regression" else inputs["labels"]
    out = model(input_ids=padded(inputs["ids"], 0), token_type_ids=padded(inputs["types"], 0), attention_mask=mask,
                output_hidden_states=True, **labels)
    hidden = out.hidden_states[-1][real]
    result = {"hidden": hidden}
    if head == "none":
        result["loss"] = (hidden * inputs["hidden_weights"]).square().mean()
    elif head == "question":
        # The model's own loss lets padding take part in the softmax.
        both = torch.stack([out.start_logits, out.end_logits], -1)
        result["logits"] = both[real]
        spans = both.masked_fill(~real[..., None], -torch.inf).transpose(1, 2)
        result["loss"] = torch.nn.functional.cross_entropy(spans.flatten(0, 1), inputs["labels"].flatten())
    elif head == "pretraining":
        result |= {"logits": out.prediction_logits[real], "loss": out.loss,
                   "pair_logits": out.sop_logits if "sop_logits" in out else out.seq_relationship_logits}
    else:
        result |= {"logits": out.logits if head in ("sequence", "regression") else out.logits[real], "loss": out.loss}
    model.zero_grad()
    result["loss"].backward()
    result |= {"grad." + name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    return {name: value.detach() for name, value in result.items()}


def probe():
    return os.path.join(os.environ["LMKOR_BIN"], "model_probe")


def save_inputs(path, inputs):
    save_file({name: value.contiguous() for name, value in inputs.items()}, path)
