#include "lmkor/layers/packed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/layers/embeddings.h"

namespace lmkor::layers {
namespace {

using Ints = std::vector<int32_t>;
using testing::ElementsAre;

std::vector<int64_t> longs(const at::Tensor& tensor) {
  return {tensor.data_ptr<int64_t>(), tensor.data_ptr<int64_t>() + tensor.numel()};
}

TEST(MakePacked, CountsPositionsWithinEachSequence) {
  const PackedInput input = make_packed(Ints{2, 7, 3, 2, 3}, {}, {}, Ints{0, 3, 5});
  EXPECT_THAT(longs(input.ids_N), ElementsAre(2, 7, 3, 2, 3));
  EXPECT_THAT(longs(input.position_ids_N), ElementsAre(0, 1, 2, 0, 1));
  EXPECT_THAT(longs(input.type_ids_N), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(input.cu_seqlens_host, ElementsAre(0, 3, 5));
  EXPECT_EQ(input.cu_seqlens_S1.scalar_type(), at::kInt);
  EXPECT_EQ(input.cu_seqlens_S1[1].item<int>(), 3);
  EXPECT_EQ(input.tokens(), 5);
  EXPECT_EQ(input.sequences(), 2);
  EXPECT_EQ(input.max_length, 3);
  EXPECT_EQ(input.max_id, 7);
  EXPECT_EQ(input.max_position, 2);
  EXPECT_EQ(input.max_type, 0);
}

TEST(MakePacked, TakesGivenPositionsAndTypes) {
  const PackedInput input = make_packed(Ints{2, 3}, Ints{4, 1}, Ints{0, 1}, Ints{0, 2});
  EXPECT_THAT(longs(input.position_ids_N), ElementsAre(4, 1));
  EXPECT_THAT(longs(input.type_ids_N), ElementsAre(0, 1));
  EXPECT_EQ(input.max_position, 4);
  EXPECT_EQ(input.max_type, 1);
}

TEST(MakePacked, RefusesWhatDoesNotFit) {
  const auto text = [](const Ints& ids, const Ints& positions, const Ints& types, const Ints& starts) {
    return error_text(base::ErrorKind::kInternal, [&] { make_packed(ids, positions, types, starts); });
  };
  const std::string two = "packed batch: 2 ids, 0 positions, 0 types and ";
  EXPECT_EQ(text({2, 3}, {}, {}, {}), two + "0 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {}, {0}), two + "1 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {}, {1, 2}), two + "2 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {}, {0, 1}), two + "2 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {}, {0, 3, 2}), two + "3 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {}, {0, 1, 1, 2}), two + "4 starts do not fit together");  // an empty sequence
  EXPECT_EQ(text({2, 3}, {0}, {}, {0, 2}),
            "packed batch: 2 ids, 1 positions, 0 types and 2 starts do not fit together");
  EXPECT_EQ(text({2, 3}, {}, {0, 0, 1}, {0, 2}),
            "packed batch: 2 ids, 0 positions, 3 types and 2 starts do not fit together");
  EXPECT_EQ(text({2, -3}, {}, {}, {0, 2}), "packed batch: got -3, expected 0 or more");
}

TEST(Embed, NamesWhatIsBeyondItsTable) {
  Embeddings embeddings = make_embeddings({.vocab = 10, .width = 4, .positions = 3, .types = 2});
  visit(embeddings, "embeddings",
        [](const std::string& name, at::Tensor& tensor, Role role) { initialise(tensor, role, 0.02, 1, name); });
  const auto run = [&](const Ints& ids, const Ints& types) {
    const PackedInput input = make_packed(ids, {}, types, Ints{0, static_cast<int32_t>(ids.size())});
    return embed(embeddings, input, 1e-12, 0, {});
  };
  const auto text = [&](const Ints& ids, const Ints& types) {
    return error_text(base::ErrorKind::kData, [&] { run(ids, types); });
  };
  EXPECT_THAT(run({9, 0, 1}, {1, 1, 0}).sizes(), ElementsAre(3, 4));
  EXPECT_EQ(text({9, 0, 1, 1}, {}), "position 3 in the input, the model has 3 (0 to 2); cut sequences to that length");
  EXPECT_EQ(text({9, 10}, {}),
            "token id 10 in the input, the model has 10 (0 to 9); use the tokenizer that belongs to the model");
  EXPECT_EQ(text({9, 9}, {0, 2}), "token type 2 in the input, the model has 2 (0 to 1); use fewer segments");
}

}  // namespace
}  // namespace lmkor::layers
