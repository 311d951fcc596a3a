#include "lmkor/hub/verify.h"

#include <map>
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/checkpoint.h"
#include "lmkor/hub/fit.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/hub/model_info.h"
#include "lmkor/hub/names.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

class Verifier {
 public:
  explicit Verifier(const fs::path& dir) : dir_(dir) {}

  Verified run() {
    const ModelDir found = look_into(dir_);
    std::optional<ModelInfo> info;
    if (!found.config) {
      add(kConfigFile, "is missing");
    } else {
      attempt(kConfigFile, [&] { info = read_model_info(dir_); });
    }
    if (info) {
      out_.facts = {{"architecture", info->architecture}, {"vocab_size", info->vocab_size}};
      weights(*info);
    }
    if (found.tokenizer_files.empty()) {
      add("tokenizer.json", "is missing, and vocab.txt too: nobody can make ids for this model");
    } else {
      tokenizer(info);
    }
    return std::move(out_);
  }

 private:
  void add(std::string file, std::string text) { out_.findings.push_back({std::move(file), std::move(text)}); }

  // What is thrown is a finding, without the folder's name in front.
  template <class F>
  void attempt(const std::string& file, F f) {
    try {
      f();
    } catch (const base::Error& error) {
      std::string text = error.what();
      for (const std::string& start : {(dir_ / file).string() + ": ", dir_.string() + ": "}) {
        if (text.starts_with(start)) text.erase(0, start.size());
      }
      add(file, text);
    }
  }

  void weights(const ModelInfo& info) {
    const std::vector<Container> containers = containers_in(dir_);
    if (containers.empty()) add("model.safetensors", "is missing, and every other container too");
    Json names = Json::array();
    std::optional<Tensors> first;
    std::string first_file;
    for (const Container container : containers) {
      if (container == Container::kTensorFlow1) continue;  // holds two networks, or another's names: a source, no model
      const std::string file = hub::info(container).file;
      names.push_back(hub::info(container).name);
      attempt(file, [&] {
        Tensors tensors = canonical(read_container(dir_, container, info.family), info.family, file);
        const Fit fit = compare(info, tensors);
        for (const std::string& fault : fit.faults) add(file, fault);
        for (const std::string& name : fit.unexpected)
          add(file, str(name, ": unexpected, ", info.architecture, " has no place for it"));
        for (const std::string& fault : not_finite(tensors)) add(file, fault);
        if (!first) {
          uint64_t parameters = 0;
          for (const TensorView& view : tensors.views) parameters += view.bytes.size() / element_size(view.dtype);
          out_.facts["tensors"] = tensors.views.size();
          out_.facts["parameters"] = parameters;
          first = std::move(tensors);
          first_file = file;
        } else {
          same(info.family, *first, first_file, tensors, file);
        }
      });
    }
    out_.facts["containers"] = names;
  }

  // Both hold the same tensors, with or without the family's prefix.
  void same(const std::string& family, const Tensors& a, const std::string& a_file, const Tensors& b,
            const std::string& b_file) {
    const std::string prefix = body_prefix(family);
    const auto plain = [&](std::string_view name) {
      return std::string(name.substr(name.starts_with(prefix) ? prefix.size() : 0));
    };
    std::map<std::string, const TensorView*> left;
    for (const TensorView& view : b.views) left[plain(view.name)] = &view;
    for (const TensorView& view : a.views) {
      const auto found = left.find(plain(view.name));
      if (found == left.end()) {
        add(b_file, str(view.name, ": missing, ", a_file, " has it"));
        continue;
      }
      const TensorView& other = *found->second;
      if (other.shape != view.shape || other.dtype != view.dtype) {
        add(b_file, str(view.name, ": ", other.dtype, " ", shape_text(other.shape), ", in ", a_file, " it is ",
                        view.dtype, " ", shape_text(view.shape)));
      } else if (other.bytes != view.bytes) {
        add(b_file, str(view.name, ": other values than in ", a_file));
      }
      left.erase(found);
    }
    for (const auto& [name, view] : left) add(b_file, str(view->name, ": unexpected, ", a_file, " lacks it"));
  }

  void tokenizer(const std::optional<ModelInfo>& info) {
    std::optional<tokenizer::Tokenizer> loaded;
    attempt("tokenizer.json", [&] { loaded = tokenizer::Tokenizer::load(dir_); });
    if (loaded && info && loaded->size() != info->vocab_size) {
      add("tokenizer.json", str("has ", loaded->size(), " tokens, config.json says vocab_size ", info->vocab_size));
    }
    if (loaded && fs::exists(dir_ / "vocab.txt") && fs::exists(dir_ / "tokenizer.json")) {
      attempt("vocab.txt", [&] {
        const auto plain = tokenizer::Tokenizer::load(dir_ / "vocab.txt");
        if (plain.tokens() != loaded->tokens()) add("vocab.txt", "holds other tokens than tokenizer.json");
      });
    }
    attempt("tokenizer_config.json", [&] { tokenizer_config(info); });
    if (loaded && loaded->settings().strips_accents()) {
      add("tokenizer.json",
          "accents are stripped: every Hangul syllable falls apart into letters, every Korean word is [UNK]");
    }
  }

  // Transformers makes the normaliser anew from this file, whatever tokenizer.json says.
  void tokenizer_config(const std::optional<ModelInfo>& info) {
    const char* file = "tokenizer_config.json";
    if (!fs::exists(dir_ / file)) {
      return add(file,
                 "is missing: Transformers then strips accents, and every Korean word becomes [UNK]; write "
                 "\"strip_accents\": false into it");
    }
    const Json config = base::read_json(dir_ / file);
    const bool lower = !config.contains("do_lower_case") || config["do_lower_case"] != false;
    const bool kept = config.contains("strip_accents") && config["strip_accents"] == false;
    if (lower && !kept) {
      add(file,
          "strip_accents is not false: Transformers then follows do_lower_case and strips accents, and every Korean "
          "word becomes [UNK]");
    }
    if (info && info->family == "albert" && !config.contains("tokenizer_class")) {
      add(file,
          "tokenizer_class is missing: Transformers takes an ALBERT for one with SentencePiece; write "
          "\"tokenizer_class\": \"BertTokenizer\"");
    }
    const Json longest = config.value("model_max_length", Json());
    if (info && longest.is_number_integer() && longest.get<int64_t>() > info->max_position_embeddings &&
        longest.get<int64_t>() < (int64_t{1} << 40)) {  // Transformers writes 10^30 for "no bound"
      add(file, str("model_max_length ", longest.dump(), " is more than config.json's max_position_embeddings ",
                    info->max_position_embeddings));
    }
  }

  const fs::path dir_;
  Verified out_;
};

}  // namespace

Verified verify_folder(const fs::path& dir) { return Verifier(dir).run(); }

}  // namespace lmkor::hub
