#include "lmkor/corpus/category.h"

#include <algorithm>
#include <istream>
#include <streambuf>

#include <fasttext/args.h>
#include <fasttext/fasttext.h>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr const char* kWeights = CategoryModel::kFiles[0];
constexpr const char* kLabels = CategoryModel::kFiles[1];
constexpr std::string_view kPrefix = "__label__";
constexpr size_t kMaxWords = 1000;

// A stream over bytes that are there already: fastText reads from streams only.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // never written: there is no put area
    setg(begin, begin, begin + bytes.size());
  }

 protected:
  // fastText goes back to the start at the end of a stream of one line.
  pos_type seekpos(pos_type to, std::ios_base::openmode) override {
    if (to < 0 || to > egptr() - eback()) return pos_type(off_type(-1));
    setg(eback(), eback() + static_cast<off_type>(to), egptr());
    return to;
  }
};

// Exceptions of fastText (std::invalid_argument and others) as ours.
template <class Call>
auto wrapped(const fs::path& path, Call&& call) {
  try {
    return call();
  } catch (const base::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw base::Error(base::ErrorKind::kData, str(path.string(), ": fastText: ", error.what()));
  }
}

}  // namespace

void CategoryOptions::fields(config::Fields& f) {
  f.add("categories", categories,
        "folder of a category model (corpus train-categories): documents without a category get one and a confidence");
  f.add("min_category_confidence", min_category_confidence, "documents of a smaller probability are other",
        config::share());
}

struct CategoryModel::State {
  fasttext::FastText model;
  std::vector<std::string> labels;
  std::string sha256;
};

CategoryModel::CategoryModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
CategoryModel::CategoryModel(CategoryModel&&) noexcept = default;
CategoryModel::~CategoryModel() = default;

CategoryModel CategoryModel::load(const fs::path& folder) {
  if (!fs::exists(folder / kWeights)) {
    throw base::Error(base::ErrorKind::kNotFound, str(folder.string(), ": no category model: got no ", kWeights,
                                                      ", expected a folder that lmkor corpus train-categories wrote"));
  }
  auto state = std::make_unique<State>();
  state->labels = base::json_get<std::vector<std::string>>(base::read_json(folder / kLabels), "labels",
                                                           (folder / kLabels).string());
  wrapped(folder / kWeights, [&] { state->model.loadModel((folder / kWeights).string()); });
  state->sha256 = base::sha256_file(folder / kWeights);
  return CategoryModel(std::move(state));
}

CategoryModel::Guess CategoryModel::guess(std::string_view text, double min_confidence) const {
  Guess guess{std::string(kOtherCategory), 0};
  const std::string line = category_features(text) + "\n";
  if (line.size() == 1) return guess;
  ViewBuffer buffer(line);
  std::istream stream(&buffer);
  std::vector<std::pair<fasttext::real, std::string>> predictions;
  if (!state_->model.predictLine(stream, predictions, 1, 0) || predictions.empty()) return guess;
  // fastText adds 1e-5 to a probability.
  guess.confidence = std::min(1.0, static_cast<double>(predictions[0].first));
  const size_t index = std::stoul(predictions[0].second.substr(kPrefix.size()));
  if (guess.confidence >= min_confidence && index < state_->labels.size()) guess.category = state_->labels[index];
  return guess;
}

const std::vector<std::string>& CategoryModel::labels() const { return state_->labels; }
const std::string& CategoryModel::sha256() const { return state_->sha256; }

std::string category_features(std::string_view text) {
  std::string out;
  size_t words = 0;
  bool in_word = false;
  for (size_t i = 0; i < text.size() && words < kMaxWords;) {
    const text::Decoded decoded = text::decode_one(text.substr(i));
    const char32_t c = decoded.code_point;
    const std::string_view bytes = text.substr(i, decoded.bytes);
    i += decoded.bytes;
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_latin = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_digit && !is_latin && !text::is_hangul(c) && !text::is_other_letter(c)) {
      in_word = false;
      continue;
    }
    if (!in_word && !out.empty()) out += ' ';
    if (!in_word) ++words;
    in_word = true;
    if (is_digit) {
      out += '0';
    } else if (is_latin) {
      out += static_cast<char>(c | 0x20);
    } else {
      out += bytes;
    }
  }
  return out;
}

void train_category_model(const fs::path& lines, const std::vector<std::string>& labels,
                          const CategoryTraining& training, const fs::path& folder) {
  fasttext::Args args;
  args.input = lines.string();
  args.model = fasttext::model_name::sup;
  args.loss = fasttext::loss_name::softmax;
  args.label = std::string(kPrefix);
  args.epoch = static_cast<int>(training.epochs);
  args.dim = static_cast<int>(training.dimension);
  args.seed = static_cast<int>(training.seed);
  args.lr = 0.3;
  args.minCount = 2;
  // Stems and endings of Korean words: n-grams of two and three syllables, hashed into a table of a bounded size.
  args.minn = 2;
  args.maxn = 3;
  args.bucket = 200000;
  args.thread = 1;  // fastText's threads write to one table without order: only one gives the same weights twice
  args.verbose = 0;
  fasttext::FastText model;
  wrapped(lines, [&] {
    model.train(args);
    model.saveModel((folder / kWeights).string());
  });
  base::write_json(folder / kLabels, {{"kind", "categories"}, {"format", 1}, {"labels", labels}});
}

}  // namespace lmkor::corpus
