// tf_model.h5: weights as Keras saves them in HDF5. A group for each layer of the model; its attribute weight_names
// lists the paths of its data sets. How the paths map to Hugging Face's names stands in keras_names.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

struct KerasLayer {
  std::string name;                 // "bert"
  std::vector<TensorView> weights;  // named "tf_bert_model/bert/embeddings/word_embeddings/weight:0"
};

// Complete or absent. Throws kOutput; kIncompatible for a dtype that HDF5 has no type for.
void write_keras_h5(const std::filesystem::path& path, const std::vector<KerasLayer>& layers);

// All weights, by their paths. Data that lies in one piece is mapped, compressed data is unpacked. Throws kNotFound, or
// kData naming what is wrong: no HDF5 file, cut off, no weights of Keras, a data set that is missing or of another
// type.
Tensors read_keras_h5(const std::filesystem::path& path);

}  // namespace lmkor::hub
