// The table of commands. A new command is one row here, one file in cli/text or cli/model, and one row in the
// handlers of that program.
#include "lmkor/cli/command.h"

namespace lmkor::cli {
namespace {

constexpr CommandInfo kCommands[] = {
    {"corpus build", "clean raw text into a corpus, keeping what is removed",
     "lmkor corpus build --input reviews.jsonl.zst blogs/ --output corpus\n"
     "corpus/docs-00000.jsonl.zst, corpus/removed/, corpus/manifest.json and corpus/report.html are written;\n"
     "the same command again goes on where it was stopped.",
     false},
    {"corpus remove", "take a donor's text out of a finished corpus, and tell what was made from it",
     "lmkor corpus remove --corpus corpus --donor kim\n"
     "corpus/ is replaced by one without a record of kim; shards, vocabularies and runs made from it are listed.",
     false},
    {"corpus train-categories", "train a model that tells the category of a document",
     "lmkor corpus train-categories --input corpus --words food.txt beauty.txt law.txt --output categories\n"
     "categories/report.html shows what it confuses; then lmkor corpus build --categories categories ...",
     false},
    {"corpus restore", "give back what a build removed",
     "lmkor corpus restore corpus --reason near_duplicate too_short --output restored.jsonl.zst\n"
     "near_duplicate: 1,204 records; too_short: 59,968 records",
     false},
    {"corpus stats", "what a text holds: documents, lengths, characters, sources",
     "lmkor corpus stats corpus\n"
     "815,967 documents, 2,788,766 sentences, 24,622,696 words, 262.3 MB; then characters, lengths and sources.",
     false},
    {"vocab train", "train a WordPiece vocabulary",
     "lmkor vocab train --input corpus --output vocab --size 42000 --unused 2000\n"
     "vocab/ is a Hugging Face tokenizer folder: AutoTokenizer.from_pretrained(\"vocab\").",
     false},
    {"vocab count", "count the words of a text, for vocab train --counts",
     "lmkor vocab count --input part-1 --output part-1.zst\n"
     "One call on each of many machines; then lmkor vocab train --counts part-*.zst --output vocab.",
     false},
    {"vocab extend", "put terms of a domain into [unused] slots, all other ids stay",
     "lmkor vocab extend --tokenizer vocab --domain clinic/ --general corpus --count 500 --output vocab-clinic\n"
     "vocab-clinic/extension.json tells term, slot and old pieces; --undo vocab-clinic gives the former folder back.",
     false},
    {"vocab report", "how a tokenizer divides a text: fertility, unknown words, coverage, wasted slots",
     "lmkor vocab report --tokenizer vocab --input held-out.txt --compare other-vocab --output report\n"
     "1.532 pieces per word, 2.117 per eojeol, 5.21 bytes per piece; 0.012 % of words unknown; 812 pieces never given",
     false},
    {"tokenize", "text to ids, tokens and offsets, a line in, a line out",
     "echo '한국어 모델을 공유합니다.' | lmkor tokenize --tokenizer vocab --output-format tokens\n"
     "한국어 모델을 공유 ##합니다 .\n"
     "echo '한국어 모델을 공유합니다.' | lmkor tokenize --tokenizer vocab | lmkor tokenize --tokenizer vocab --decode\n"
     "한국어 모델을 공유합니다.",
     false},
    {"shard", "tokens of a corpus as shards for pretraining",
     "lmkor shard --input corpus --tokenizer vocab --output shards\n"
     "shards/*.tokens (u16 ids), shards/*.index and shards/manifest.json are written.",
     false},
    {"pretrain", "train a BERT, ALBERT or ELECTRA from shards",
     "lmkor pretrain --config recipes/electra-tiny-demo.toml --data shards --output run\n"
     "run/model loads in Transformers: AutoModel.from_pretrained(\"run/model\"). Stopped? The same command goes on.",
     true},
    {"runs compare", "several pretraining runs side by side: curves, ends, settings that differ",
     "lmkor runs compare run-adamw run-muon --output comparison\n"
     "a table on the screen, comparison/report.html with the curves by tokens and by time.",
     false},
    {"finetune", "fine-tune on a task, choose on dev, score on test",
     "lmkor finetune --model run/model --task nsmc --data data/tasks --output nsmc\n"
     "nsmc/results.json holds the scores of three seeds, nsmc/model the best one by dev.",
     true},
    {"evaluate", "score a fine-tuned model on a file",
     "lmkor evaluate --model nsmc/model --task nsmc --data data/tasks/nsmc/test.tsv\n"
     "the score is printed with its sampling error; --predictions FILE keeps the answer to each example.",
     true},
    {"suite", "every task with every model and seed: the table of scores",
     "lmkor suite --model mine=run theirs=other/model --data data/tasks --output scores\n"
     "scores/table.md holds means with intervals, what differs from the best, and published scores beside them.",
     true},
    {"audit", "quality of a labelled data set: copies, wrong, ambiguous and easy labels, leakage",
     "lmkor audit --task nsmc --data data/tasks --output audit\n"
     "audit/report.html shows what to look at, audit/issues.tsv takes the corrections.",
     true},
    {"audit apply", "a corrected copy of a data set",
     "lmkor audit apply --task nsmc --data data/tasks --issues audit/issues.tsv --output corrected\n"
     "rows of issues.tsv whose action is relabel or drop are put into effect.",
     true},
    {"scaling fit", "a scaling law out of own pretraining runs",
     "lmkor scaling fit --runs sweep/* --output law\n"
     "law/fit.json holds the constants of L(N, D) = E + A / N^alpha + B / D^beta with intervals.",
     true},
    {"scaling plan", "size, tokens and batch for a budget",
     "lmkor scaling plan --hours 12 --flop-per-second 2e11 --law fitted --fit law/fit.json\n"
     "what to train is printed, with the loss to expect.",
     true},
    {"model export", "write a model in other containers: PyTorch, TensorFlow, ONNX, GGUF",
     "lmkor model export --model run --output release --formats safetensors,bin,h5,onnx,onnx-int8\n"
     "release/ loads in Transformers; onnx/model.onnx runs in ONNX Runtime, onnx/model_quantized.onnx in a browser.",
     false},
    {"model import", "read a model from any container into a folder of ours",
     "lmkor model import --model multi_cased_L-12_H-768_A-12 --output bert\n"
     "bert/ holds config.json, model.safetensors and the tokenizer's files.",
     false},
    {"model verify", "check a model folder as those who load it would; exit 1 with a list of what is wrong",
     "lmkor model verify run/model\n"
     "files, configuration, weights of every container, vocabulary and tokenizer settings are held against each "
     "other;\n"
     "then a forward pass.",
     true},
    {"model card", "write the README.md of a model: what it is, how it was trained, scores, references",
     "lmkor model card --model run --name myself/electra-kor-small --results nsmc korsts\n"
     "run/model/README.md has the front matter that a hub reads.",
     false},
    {"pull", "fetch a model from a hub into Hugging Face's cache",
     "lmkor pull kykim/electra-kor-base\n"
     "the folder in the cache is printed; --model kykim/electra-kor-base then finds it, Transformers too.",
     false},
    {"push", "put a folder into a repository of a hub, as one commit",
     "HF_TOKEN=... lmkor push release myself/electra-kor-small --message 'First model'\n"
     "the address of the commit is printed; files that the hub has already are not sent again.",
     false},
    {"encode", "vectors of texts or of their tokens, a line in, a line out",
     "echo '한국어 모델을 공유합니다.' | lmkor encode --model run --pooling mean\n"
     "{\"embedding\":[0.0153,-0.2741,...]}\n"
     "lmkor encode --model run --format npy --output vectors.npy texts.txt writes one array.",
     true},
    {"fill-mask", "what a masked language model would write in place of [MASK], a line in, a line out",
     "echo '오늘 영화 정말 [MASK] .' | lmkor fill-mask --model run --top 1\n"
     "{\"masks\":[[{\"id\":7193,\"token\":\"재밌다\",\"score\":0.31}]]}",
     true},
    {"predict", "the label of a text by a fine-tuned model, a line in, a line out",
     "echo '정말 재밌는 영화' | lmkor predict --model nsmc/model\n"
     "{\"label\":\"1\",\"score\":0.98,\"scores\":{\"0\":0.02,\"1\":0.98}}",
     true},
    {"ner", "named entities by a fine-tuned model, a line in, a line out",
     "echo '세종대왕은 한글을 만들었다' | lmkor ner --model ner/model\n"
     "{\"words\":[\"세종대왕은\",\"한글을\",\"만들었다\"],\"tags\":[\"PER-B\",\"O\",\"O\"],\n"
     " \"entities\":[{\"type\":\"PER\",\"begin\":0,\"end\":5,\"text\":\"세종대왕은\",\"score\":0.97}]}",
     true},
    {"detect", "which words an ELECTRA discriminator finds odd, a line in, a line out",
     "echo '밥을 맛있게 마셨다' | lmkor detect --model run\n"
     "{\"tokens\":[{\"token\":\"밥\",\"begin\":0,\"end\":1,\"score\":0.02},...],\n"
     " \"words\":[...,{\"word\":\"마셨다\",\"begin\":7,\"end\":10,\"score\":0.83}]}",
     true},
    {"answer", "the span of a context that answers a question, a line in, a line out",
     "printf '누가 한글을 만들었나?\\t한글은 세종대왕이 만들었다.\\n' | lmkor answer --model korquad/model\n"
     "{\"answer\":\"세종대왕이\",\"begin\":4,\"end\":9,\"score\":0.94}",
     true},
    {"serve", "models over HTTP, and a page to try them",
     "lmkor serve --model nsmc=nsmc/model run --port 8080\n"
     "curl 127.0.0.1:8080/predict -H 'content-type: application/json' -d '{\"model\":\"nsmc\",\"inputs\":\"정말 재밌는 영화\"}'\n"
     "[{\"score\":0.98,\"label\":\"1\"},{\"score\":0.02,\"label\":\"0\"}]",
     true},
    {"completion", "completion of commands and flags for a shell",
     "eval \"$(lmkor completion bash)\"\n"
     "lmkor corpus b<tab> then becomes lmkor corpus build; lmkor completion zsh and fish are there as well.",
     false},
    {"inspect", "explain an artefact: kind, origin, sizes, hashes, parents",
     "lmkor inspect run\n"
     "pretraining run: ELECTRA, step 1,500, finished, made by lmkor 0.1.0 from shards; then sizes, hashes, settings.",
     true},
    {"doctor", "look at the machine: libraries, devices, limits, what would be slow and why",
     "lmkor doctor\n"
     "what is here is listed, then what would be slow, why, and what to do about it.",
     true},
};

}  // namespace

std::span<const CommandInfo> catalogue() { return kCommands; }

}  // namespace lmkor::cli
