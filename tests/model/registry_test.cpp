#include "lmkor/model/registry.h"

#include <gmock/gmock.h>

#include "model/sample.h"

namespace lmkor::model {
namespace {

TEST(Registry, ArchitecturesAndHeadsAreOneToOne) {
  for (const auto& [family, head] : all_heads()) {
    EXPECT_EQ(head_of_architecture(family, architecture(family, head)), head) << family << " " << head_name(head);
  }
  EXPECT_EQ(architecture("electra", Head::kReplacedToken), "ElectraForPreTraining");
  EXPECT_EQ(architecture("bert", Head::kPretraining), "BertForPreTraining");
  EXPECT_EQ(head_of_architecture("bert", "ElectraForMaskedLM"), Head::kNone);
  EXPECT_EQ(head_of_architecture("bert", "BertForMultipleChoice"), Head::kNone);
  EXPECT_EQ(head_of_architecture("bert", ""), Head::kNone);
}

TEST(Registry, NamesWhatThereIs) {
  EXPECT_THAT(family_names(), testing::ElementsAre("bert", "albert", "electra"));
  EXPECT_EQ(error_text("/none", [] { family("gpt2"); }),
            "model.family: got \"gpt2\", expected one of bert, albert, electra");
  EXPECT_EQ(error_text("/none", [] { architecture("electra", Head::kPretraining); }),
            "model.family: electra has no head pretraining");
  EXPECT_EQ(error_text("/none", [] { architecture("albert", Head::kReplacedToken); }),
            "model.family: albert has no head replaced_token");
}

}  // namespace
}  // namespace lmkor::model
