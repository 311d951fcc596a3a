// Whether a model folder's network computes.
#pragma once

#include <filesystem>
#include <string>

namespace lmkor::model {

// Loads the network with the head that config.json names and runs it over two short sequences and the longest one that
// it has positions for. Says what is wrong: values that are not finite, a longest sequence that it cannot take; empty
// where all is well. Throws as load_network.
std::string try_forward_pass(const std::filesystem::path& dir);

}  // namespace lmkor::model
