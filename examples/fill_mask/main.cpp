// fill_mask MODEL TEXT...: the likeliest token for each [MASK] of each text.
#include <iostream>

#include "lmkor/base/error.h"
#include "lmkor/infer/fill_mask.h"

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const lmkor::infer::Model model(lmkor::model::load(argv[1]));
  const std::vector<std::string_view> texts(argv + 2, argv + argc);
  for (const lmkor::infer::FilledMasks& result : lmkor::infer::fill_mask(model, texts)) {
    std::cout << result.fault;
    for (const auto& mask : result.masks) std::cout << mask[0].token << '\t' << mask[0].score << '\t';
    std::cout << '\n';
  }
  return 0;
} catch (const lmkor::base::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
