#include "lmkor/hub/names.h"

#include <array>
#include <span>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace {

struct Row {
  std::string_view neutral;  // a name, or all names that begin with it and a point; {n} is a layer's number
  std::string_view theirs;   // "@" stands for the encoder's prefix
};

constexpr Row kEmbeddings[] = {
    {"embeddings.word", "@embeddings.word_embeddings"},
    {"embeddings.position", "@embeddings.position_embeddings"},
    {"embeddings.type", "@embeddings.token_type_embeddings"},
    {"embeddings.norm", "@embeddings.LayerNorm"},
};

constexpr Row kBertEncoder[] = {
    {"encoder.projection", "@embeddings_project"},
    {"encoder.{n}.attention.query", "@encoder.layer.{n}.attention.self.query"},
    {"encoder.{n}.attention.key", "@encoder.layer.{n}.attention.self.key"},
    {"encoder.{n}.attention.value", "@encoder.layer.{n}.attention.self.value"},
    {"encoder.{n}.attention.output", "@encoder.layer.{n}.attention.output.dense"},
    {"encoder.{n}.attention.norm", "@encoder.layer.{n}.attention.output.LayerNorm"},
    {"encoder.{n}.feed_forward.in", "@encoder.layer.{n}.intermediate.dense"},
    {"encoder.{n}.feed_forward.out", "@encoder.layer.{n}.output.dense"},
    {"encoder.{n}.feed_forward.norm", "@encoder.layer.{n}.output.LayerNorm"},
};

constexpr Row kAlbertEncoder[] = {
    {"encoder.projection", "@encoder.embedding_hidden_mapping_in"},
    {"encoder.{n}.attention.query", "@encoder.albert_layer_groups.{n}.albert_layers.0.attention.query"},
    {"encoder.{n}.attention.key", "@encoder.albert_layer_groups.{n}.albert_layers.0.attention.key"},
    {"encoder.{n}.attention.value", "@encoder.albert_layer_groups.{n}.albert_layers.0.attention.value"},
    {"encoder.{n}.attention.output", "@encoder.albert_layer_groups.{n}.albert_layers.0.attention.dense"},
    {"encoder.{n}.attention.norm", "@encoder.albert_layer_groups.{n}.albert_layers.0.attention.LayerNorm"},
    {"encoder.{n}.feed_forward.in", "@encoder.albert_layer_groups.{n}.albert_layers.0.ffn"},
    {"encoder.{n}.feed_forward.out", "@encoder.albert_layer_groups.{n}.albert_layers.0.ffn_output"},
    {"encoder.{n}.feed_forward.norm", "@encoder.albert_layer_groups.{n}.albert_layers.0.full_layer_layer_norm"},
};

constexpr Row kBertHeads[] = {
    {"pooler", "@pooler.dense"},
    {"masked_lm.transform", "cls.predictions.transform.dense"},
    {"masked_lm.norm", "cls.predictions.transform.LayerNorm"},
    {"masked_lm.bias", "cls.predictions.bias"},
    {"pair", "cls.seq_relationship"},
    {"sequence.output", "classifier"},
    {"tokens", "classifier"},
    {"question", "qa_outputs"},
};

constexpr Row kAlbertHeads[] = {
    {"pooler", "@pooler"},
    {"masked_lm.transform", "predictions.dense"},
    {"masked_lm.norm", "predictions.LayerNorm"},
    {"masked_lm.bias", "predictions.bias"},
    {"pair", "sop_classifier.classifier"},
    {"sequence.output", "classifier"},
    {"tokens", "classifier"},
    {"question", "qa_outputs"},
};

constexpr Row kElectraHeads[] = {
    {"masked_lm.transform", "generator_predictions.dense"},
    {"masked_lm.norm", "generator_predictions.LayerNorm"},
    {"masked_lm.bias", "generator_lm_head.bias"},
    {"replaced_token.transform", "discriminator_predictions.dense"},
    {"replaced_token.output", "discriminator_predictions.dense_prediction"},
    {"sequence.transform", "classifier.dense"},
    {"sequence.output", "classifier.out_proj"},
    {"tokens", "classifier"},
    {"question", "qa_outputs"},
};

struct FamilyNames {
  std::string_view family;
  std::array<std::span<const Row>, 3> tables;
};
constexpr FamilyNames kFamilies[] = {
    {"bert", {kEmbeddings, kBertEncoder, kBertHeads}},
    {"albert", {kEmbeddings, kAlbertEncoder, kAlbertHeads}},
    {"electra", {kEmbeddings, kBertEncoder, kElectraHeads}},
};

struct Tie {
  std::string_view family, name, twin;
};
constexpr Tie kTies[] = {
    {"bert", "cls.predictions.decoder.weight", "@embeddings.word_embeddings.weight"},
    {"bert", "cls.predictions.decoder.bias", "cls.predictions.bias"},
    {"albert", "predictions.decoder.weight", "@embeddings.word_embeddings.weight"},
    {"albert", "predictions.decoder.bias", "predictions.bias"},
    {"electra", "generator_lm_head.weight", "@embeddings.word_embeddings.weight"},
};

// `name` against `pattern`: what stands for {n} and what follows the pattern, if they fit.
bool match(std::string_view pattern, std::string_view name, std::string_view& number, std::string_view& rest) {
  const size_t hole = pattern.find("{n}");
  if (hole != std::string_view::npos) {
    if (name.substr(0, hole) != pattern.substr(0, hole)) return false;
    const size_t end = name.find_first_not_of("0123456789", hole);
    if (end == std::string_view::npos || end == hole) return false;
    number = name.substr(hole, end - hole);
    name.remove_prefix(end);
    pattern.remove_prefix(hole + 3);
  }
  if (!name.starts_with(pattern)) return false;
  rest = name.substr(pattern.size());
  return rest.empty() || rest.front() == '.';
}

std::string with_prefix(std::string_view family, std::string_view name) {
  return name.starts_with('@') ? base::str(family, ".", name.substr(1)) : std::string(name);
}

}  // namespace

std::string body_prefix(std::string_view family) { return base::str(family, "."); }

std::string hugging_face_name(std::string_view family, std::string_view neutral) {
  for (const FamilyNames& names : kFamilies) {
    if (names.family != family) continue;
    for (const std::span<const Row> table : names.tables) {
      for (const Row& row : table) {
        std::string_view number, rest;
        if (!match(row.neutral, neutral, number, rest)) continue;
        std::string out = with_prefix(family, row.theirs);
        if (const size_t hole = out.find("{n}"); hole != std::string::npos) out.replace(hole, 3, number);
        return out.append(rest);
      }
    }
  }
  throw base::Error(base::ErrorKind::kInternal, base::str("no Hugging Face name for ", family, " ", neutral));
}

std::string tied_to(std::string_view family, std::string_view name) {
  for (const Tie& tie : kTies) {
    if (tie.family == family && tie.name == name) return with_prefix(family, tie.twin);
  }
  return "";
}

std::vector<std::pair<std::string, std::string>> ties(std::string_view family) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Tie& tie : kTies) {
    if (tie.family == family) out.emplace_back(tie.name, with_prefix(family, tie.twin));
  }
  return out;
}

bool is_buffer(std::string_view name) { return name.ends_with("embeddings.position_ids"); }

bool is_encoder(std::string_view family, std::string_view name) {
  const std::string prefix = body_prefix(family);
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name.starts_with("embeddings.") || name.starts_with("embeddings_project.") || name.starts_with("encoder.");
}

std::string modern_name(std::string_view name) {
  std::string out(name);
  if (out.ends_with(".gamma")) out.replace(out.size() - 5, 5, "weight");
  if (out.ends_with(".beta")) out.replace(out.size() - 4, 4, "bias");
  return out;
}

}  // namespace lmkor::hub
