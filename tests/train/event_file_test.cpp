// Records of TensorBoard's event files: checksums against published values, and the bytes of one event.
#include "lmkor/train/event_file.h"

#include <gtest/gtest.h>

#include "data/sample.h"
#include "lmkor/base/file.h"

namespace lmkor::train {
namespace {

TEST(EventFile, ChecksumsAreThoseOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(masked_crc32c(""), 0xa282ead8u);
}

TEST(EventFile, HoldsEachLineOnceAcrossStops) {
  const auto run = data::fresh_folder("events");
  const std::vector<base::Json> lines = {{{"step", 1}, {"loss", 2.5}}, {{"step", 300}, {"validation_loss", 1.0}}};
  {
    EventFile file(run, {}, 0);
    for (const base::Json& line : lines) file.append(line);
    file.append({{"step", 301}, {"loss", 9.0}});
  }
  const auto size = [&] { return base::read_file(run / "events.out.tfevents.0.lmkor").size(); };
  const size_t before = size();
  EventFile again(run, lines, 10);
  EXPECT_LT(size(), before);
  again.append({{"step", 301}, {"loss", 9.0}});
  EXPECT_EQ(size(), before);
  const std::string bytes = base::read_file(run / "events.out.tfevents.0.lmkor");
  EXPECT_NE(bytes.find("brain.Event:2"), std::string::npos);
  EXPECT_NE(bytes.find("train/loss"), std::string::npos);
  EXPECT_NE(bytes.find("validation/loss"), std::string::npos);
}

}  // namespace
}  // namespace lmkor::train
