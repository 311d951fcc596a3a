#include "lmkor/base/progress.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/log.h"

namespace lmkor::base {
namespace {

using testing::MatchesRegex;

// What a job of 300 steps writes to standard error, with one figure more.
std::string shown(ProgressStyle style, const std::string& unit = "steps", uint64_t total = 300, uint64_t start = 0) {
  set_progress_style(style);
  testing::internal::CaptureStderr();
  {
    Progress progress("train", unit, total, start);
    progress.update(start + 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(210));
    progress.update(start + 200, {{"loss", "2.31"}});
  }
  set_progress_style(ProgressStyle::kPlain);
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, PlainWritesOneLineAtTheEndOfAShortJob) {
  EXPECT_THAT(shown(ProgressStyle::kPlain),
              MatchesRegex("train  200 of 300 \\(67 %\\) steps  [0-9,]+/s  loss 2.31  in 0:0[0-9]\n"));
}

TEST(Progress, WithoutATotalThereIsNoShare) {
  EXPECT_THAT(shown(ProgressStyle::kPlain, "steps", 0),
              MatchesRegex("train  200 steps  [0-9,]+/s  loss 2.31  in 0:0[0-9]\n"));
}

TEST(Progress, BytesAreShownAsPeopleReadThem) {
  EXPECT_THAT(shown(ProgressStyle::kPlain, "bytes", 12000000),
              MatchesRegex("train  200 B of 12.0 MB \\(0 %\\)  [0-9.]+ k?B/s  loss 2.31  in 0:0[0-9]\n"));
}

TEST(Progress, TheRateCountsFromWhereTheJobGoesOn) {
  // 200 steps in about 0.2 s are near 1,000 a second, not 5,000,000.
  EXPECT_THAT(shown(ProgressStyle::kPlain, "steps", 2000000, 1000000),
              MatchesRegex("train  1,000,200 of 2,000,000 \\(50 %\\) steps  [0-9]{1,3}/s  loss 2.31  in 0:0[0-9]\n"));
}

TEST(Progress, TheBarIsDrawnOverItself) {
  EXPECT_THAT(
      shown(ProgressStyle::kBar),
      MatchesRegex("\r\x1b\\[K\\[#+\\.+\\] train  200 of 300 \\(67 %\\) steps  [0-9,]+/s  loss 2.31  left 0:0[0-9]"
                   "\r\x1b\\[K\\[#+\\.+\\] train  200 of 300 \\(67 %\\) steps  [0-9,]+/s  loss 2.31  in 0:0[0-9]\n"));
}

TEST(Progress, JsonIsOneObjectALine) {
  const std::string text = shown(ProgressStyle::kJson);
  const Json line = parse_json(text, "progress");
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(line["progress"], "train");
  EXPECT_EQ(line["unit"], "steps");
  EXPECT_EQ(line["done"], 200);
  EXPECT_EQ(line["total"], 300);
  EXPECT_EQ(line["loss"], "2.31");
  EXPECT_EQ(line["finished"], true);
  EXPECT_NEAR(line["per_second"].get<double>() * line["seconds"].get<double>(), 200, 1e-6);
}

TEST(Progress, NoneAndAnUntouchedJobAreSilent) {
  EXPECT_EQ(shown(ProgressStyle::kNone), "");
  testing::internal::CaptureStderr();
  { Progress progress("idle", "steps", 10); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, StylesByName) {
  EXPECT_EQ(progress_style("auto", true), ProgressStyle::kBar);
  EXPECT_EQ(progress_style("auto", false), ProgressStyle::kPlain);
  EXPECT_EQ(progress_style("json", true), ProgressStyle::kJson);
  EXPECT_EQ(error_text(ErrorKind::kUsage, [] { progress_style("loud", true); }),
            "--progress: got 'loud', expected auto, bar, plain, json or none");
}

TEST(Log, LevelsAndColour) {
  const auto written = [](LogLevel level, bool color) {
    set_log(level, color);
    testing::internal::CaptureStderr();
    log_info("info");
    log_verbose("detail");
    log_warning("odd");
    set_log(LogLevel::kNormal, false);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(written(LogLevel::kQuiet, false), "warning: odd\n");
  EXPECT_EQ(written(LogLevel::kNormal, false), "info\nwarning: odd\n");
  EXPECT_EQ(written(LogLevel::kVerbose, true), "info\ndetail\n\x1b[33mwarning: \x1b[0modd\n");
}

}  // namespace
}  // namespace lmkor::base
