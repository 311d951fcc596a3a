"""Tokenizer folders of the three families as transformers writes them give transformers' ids; other kinds are refused by name."""
import json

import pytest
import tokenizers
import transformers
from transformers import AutoTokenizer

import tokenizer_oracle as oracle
from tokenizer_oracle import SPECIALS, lmkor

VOCABULARY = [*SPECIALS, *"가 나 다 한국 한국어 漢 a b abc É é . , [ ] ##나 ##다 ##어 ##b ##c ##é [unused0]".split()]
LINES = ["한국어 가나다", "가 ABC abc, É e\u0301 .", "漢字 한국漢", "[MASK] 가[SEP]나", "없는 말", "가\u200b나 가\u00a0나", "[unused0] [mask]"]
FAMILIES = [
    ("BertTokenizerFast", "BertConfig"),
    ("ElectraTokenizerFast", "ElectraConfig"),
    ("BertTokenizerFast", "AlbertConfig"),  # Korean ALBERTs have BERT's tokenizer: albert-kor-base, KR-ALBERT
]


def saved(folder, name="BertTokenizerFast", config="BertConfig", **settings):
    vocab = {token: i for i, token in enumerate(VOCABULARY)}
    made = getattr(transformers, name)(vocab=vocab, **settings)
    made.save_pretrained(folder)
    getattr(transformers, config)(vocab_size=len(vocab)).save_pretrained(folder)
    return made


def assert_loads(folder, reference):
    texts = [x for x in LINES]
    assert oracle.ids_of(folder, texts, "--special") == [reference(x)["input_ids"] for x in texts]


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("strip", [True, False, None])
@pytest.mark.parametrize("files", ["as saved", "vocab.txt and config", "vocab.txt and map", "with a limit"])
@pytest.mark.parametrize("name, config", FAMILIES, ids=lambda x: x)
def test_families(tmp_path, name, config, files, strip, lower):
    limit = {"model_max_length": 7} if files == "with a limit" else {}
    made = saved(tmp_path, name, config, do_lower_case=lower, strip_accents=strip, **limit)
    if files.startswith("vocab.txt"):
        (tmp_path / "tokenizer.json").unlink()
        (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    if files == "vocab.txt and map":  # as versions before 5 wrote them
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
        (tmp_path / "special_tokens_map.json").write_text(json.dumps(names))
    assert_loads(tmp_path, AutoTokenizer.from_pretrained(str(tmp_path)) if not files.startswith("vocab.txt") else made)


@pytest.mark.parametrize("lower", [True, False])
def test_albert_as_the_name_of_a_wordpiece_tokenizer(tmp_path, lower):
    """Some ALBERT folders name their own class beside a WordPiece vocabulary; BERT's reads it."""
    saved(tmp_path, config="AlbertConfig", do_lower_case=lower, strip_accents=False)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "tokenizer_class": "AlbertTokenizer"}))
    assert_loads(tmp_path, transformers.BertTokenizerFast.from_pretrained(str(tmp_path)))


def test_vocab_txt_alone(tmp_path):
    """Accents and Hangul stay, as everywhere in lmkor unless a file says otherwise."""
    made = saved(tmp_path / "other", strip_accents=False)
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    assert_loads(tmp_path, made)
    assert_loads(tmp_path / "vocab.txt", made)


MODELS = {
    "BPE": tokenizers.models.BPE(),
    "Unigram": tokenizers.models.Unigram([("<unk>", 0.0), ("가", -1.0)], 0),
    "WordLevel": tokenizers.models.WordLevel({"가": 0, "[UNK]": 1}, "[UNK]"),
}
ONLY = "expected WordPiece; lmkor reads BERT's WordPiece tokenizers only\n"


@pytest.mark.parametrize("kind", MODELS)
def test_other_models_are_refused_by_name(tmp_path, kind):
    tokenizers.Tokenizer(MODELS[kind]).save(str(tmp_path / "tokenizer.json"))
    error = lmkor("tokenize", "--tokenizer", tmp_path, code=65)
    assert error == f"lmkor: error (incompatible): {tmp_path}/tokenizer.json: got a {kind} model, {ONLY}"


@pytest.mark.parametrize("name", ["T5Tokenizer", "GPT2Tokenizer"])
def test_folders_of_other_families_are_refused_by_name(tmp_path, name):
    kind = "BPE" if name == "GPT2Tokenizer" else "Unigram"
    vocab = {"a": 0, "<|endoftext|>": 1} if kind == "BPE" else [("<pad>", 0.0), ("<unk>", 0.0), ("a", -1.0)]
    getattr(transformers, name)(vocab=vocab, **({"merges": []} if kind == "BPE" else {})).save_pretrained(tmp_path)
    error = lmkor("tokenize", "--tokenizer", tmp_path, code=65)
    assert error == f"lmkor: error (incompatible): {tmp_path}/tokenizer.json: got a {kind} model, {ONLY}"


@pytest.mark.parametrize(
    "name, kind",
    [("spiece.model", "SentencePiece"), ("sentencepiece.bpe.model", "SentencePiece"), ("tokenizer.model", "SentencePiece"), ("merges.txt", "BPE")],
)
def test_files_of_other_kinds_are_refused_by_name(tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"\x0a")
    error = lmkor("tokenize", "--tokenizer", tmp_path, code=65)
    assert error == f"lmkor: error (incompatible): {tmp_path}/{name}: got a {kind} model, {ONLY}"
