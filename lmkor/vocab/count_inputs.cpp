#include "lmkor/vocab/count_inputs.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/map_batches.h"

namespace lmkor::vocab {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

constexpr uint64_t kThousand = 1000;

[[noreturn]] void fail_weight(const std::string& argument) {
  throw Error(ErrorKind::kUsage, str("--input ", argument,
                                     ": got a weight that cannot be used, expected a number from 0.001 to 1000 with at "
                                     "most three digits after the point, as in reviews/=0.5"));
}

// The number as thousandths.
uint64_t thousandths(std::string_view text, const std::string& argument) {
  const size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  std::string decimals(text.substr(std::min(text.size(), point + 1)));
  if (digits.size() + decimals.size() == 0 || digits.size() > 4 || decimals.size() > 3) fail_weight(argument);
  decimals.resize(3, '0');
  digits += decimals;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) fail_weight(argument);
  if (value == 0 || value > kThousand * kThousand) fail_weight(argument);
  return value;
}

}  // namespace

std::vector<fs::path> Inputs::paths() const {
  std::vector<fs::path> out;
  for (const WeightedFile& file : files) out.push_back(file.path);
  return out;
}

Inputs weighted_inputs(const std::vector<std::string>& arguments) {
  std::vector<std::string> plain;
  std::map<fs::path, uint64_t> weights;
  uint64_t divisor = kThousand;
  Inputs out;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.rfind('=');
    const bool weighted = equals != std::string::npos && !fs::exists(argument) && equals + 1 < argument.size() &&
                          argument.find_first_not_of("0123456789.", equals + 1) == std::string::npos;
    const std::string path = weighted ? argument.substr(0, equals) : argument;
    const uint64_t weight = weighted ? thousandths(std::string_view(argument).substr(equals + 1), argument) : kThousand;
    divisor = std::gcd(divisor, weight);
    for (const fs::path& file : corpus::list_text_inputs({path})) {
      if (weights.emplace(file.lexically_normal(), weight).second) out.files.push_back({file, weight});
    }
  }
  out.unit = kThousand / divisor;
  for (WeightedFile& file : out.files) file.weight /= divisor;
  return out;
}

Counts count_inputs(const Inputs& inputs, const corpus::ReadOptions& options, const tokenizer::Settings& settings,
                    uint64_t memory_bytes, const fs::path& dir, const fs::path& counts_file, int threads,
                    corpus::ReadStats& read) {
  Counter counter({settings, inputs.unit, memory_bytes, dir});
  corpus::map_batches<corpus::ReadStats>(
      "count", inputs.paths(), options, threads,
      [&](corpus::RecordBatch&& batch) {
        corpus::ReadStats done = batch.read;
        auto lane = counter.take();
        thread_local corpus::BatchParser parser;
        corpus::Document document;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          corpus::BadRecord bad;
          const auto outcome = parser.parse(batch, i, document, bad);
          if (!done.add(outcome, bad, document)) continue;
          lane->add(document.text, inputs.files[batch.file].weight);
        }
        counter.give(std::move(lane));
        return done;
      },
      [&](corpus::ReadStats&& done) {
        read.merge(done);
        read.check_share(options.max_bad_share, false);
      });
  if (read.documents + read.bad_records == 0) corpus::fail_without_records(inputs.paths());
  read.check_share(options.max_bad_share, true);
  return counter.finish(threads, counts_file);
}

}  // namespace lmkor::vocab
