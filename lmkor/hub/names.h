// How Hugging Face calls the tensors of each family, beside lmkor's neutral names. Tables only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lmkor::hub {

// The prefix of the encoder's tensors in a model with a head: "bert." Base-class checkpoints lack it.
std::string body_prefix(std::string_view family);

// The Hugging Face name of the tensor that lmkor calls `neutral` ("encoder.3.attention.query.weight"), with the prefix.
// Throws kInternal for a name without a row.
std::string hugging_face_name(std::string_view family, std::string_view neutral);

// The tensor, with the prefix, that a checkpoint's tensor is tied to and only repeats (an output layer is the word
// table); empty where it is tied to none.
std::string tied_to(std::string_view family, std::string_view hugging_face_name);

// The pairs of all such tensors of a family, with the prefix: what repeats, and what it repeats.
std::vector<std::pair<std::string, std::string>> ties(std::string_view family);

// Whether a checkpoint's tensor is a buffer that older releases saved (position_ids), and no parameter.
bool is_buffer(std::string_view hugging_face_name);

// Whether it belongs to the encoder: embeddings or layers, with or without the prefix.
bool is_encoder(std::string_view family, std::string_view hugging_face_name);

// Names as older releases wrote them: LayerNorm's gamma and beta become weight and bias.
std::string modern_name(std::string_view hugging_face_name);

}  // namespace lmkor::hub
