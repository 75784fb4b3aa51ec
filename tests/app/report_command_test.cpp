#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command_line.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "report/local_zone.hpp"

namespace gondola::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportCommand : public CommandLine {
 protected:
  const report::LocalZone zone_{"UTC0"};

  // Two audits of one shelf, on the 2nd and the 3rd of November 2026; the last picture is gone.
  void fill_store() {
    constexpr store::UtcMilliseconds kDay = 86'400'000;
    constexpr store::UtcMilliseconds kMonday = 20'759 * kDay;
    const auto store = store::open_store(file("shop.db"));
    for (int day = 0; day < 2; ++day) {
      store::AuditRecord audit;
      audit.store = "north";
      audit.camera = "aisle";
      audit.taken_at = kMonday + day * kDay;
      audit.image = {64, 48};
      audit.counts = {{"cola", -1, 4 - 3 * day, 4}};
      audit.facings = 4 - 3 * day;
      audit.picture = "shelf.png";
      store->add(audit);
    }
  }
};

TEST_F(ReportCommand, WritesThePageWithThePictureBesideTheStore) {
  fill_store();
  write_picture("shelf.png");
  const Outcome outcome = run({"report", "--store", file("shop.db"), "--title", "Tom & Co"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("2 audits of 1 shelf, 1 thing to do: report.html"));
  const std::string page = test::read_text(dir_ / "report.html");
  EXPECT_THAT(page, HasSubstr("<title>Tom &amp; Co</title>"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/jpeg;base64,/9j/"));
}

TEST_F(ReportCommand, SaysWhichPictureCannotBeShown) {
  fill_store();
  const Outcome outcome = run({"report", "--store", "shop.db"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1 of the pictures cannot be shown; the first: "));
  EXPECT_THAT(outcome.err, HasSubstr("shelf.png"));
}

TEST_F(ReportCommand, WritesTablesToStandardOutputAndByTheEnding) {
  fill_store();
  const Outcome csv = run({"report", "--store", "shop.db", "--format", "csv", "--out", "-",
                           "--from", "2026-11-03", "--to", "2026-11-03"});
  EXPECT_EQ(csv.out,
            "from,to,label,audits,facings,products\r\n"
            "2026-11-03T00:00:00+00:00,2026-11-03T01:00:00+00:00,cola,1,1,4\r\n");
  EXPECT_EQ(run({"report", "--store", "shop.db", "--out", "x.json", "--low", "cola=1"}).exit_code,
            0);
  const auto json = nlohmann::json::parse(test::read_text(dir_ / "x.json"));
  EXPECT_EQ(json["schema"], "gondola.report/1");
  EXPECT_TRUE(json["problems"].empty());
}

TEST_F(ReportCommand, SaysWhatIsWrongInOneLine) {
  fill_store();
  write_picture("shelf.png");
  EXPECT_THAT(error_line({"report"}, 2), HasSubstr("give the store with --store FILE"));
  EXPECT_THAT(error_line({"report", "--store", "none.db"}, 1), HasSubstr("none.db"));
  EXPECT_FALSE(std::filesystem::exists(file("none.db")));
  const auto error = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"report", "--store", "shop.db"});
    return error_line(arguments, 2);
  };
  EXPECT_THAT(error({"--from", "2026-02-30"}), HasSubstr("--from: '2026-02-30' is no time"));
  EXPECT_THAT(error({"--from", "2026-11-03", "--to", "2026-11-01"}),
              HasSubstr("--from 2026-11-03 00:00 is not before --to 2026-11-02 00:00"));
  EXPECT_THAT(error({"--by", "lable"}), HasSubstr("--by: 'lable' is nothing to group by"));
  EXPECT_THAT(error({"--low", "cola"}), HasSubstr("--low cola: expected a number of facings"));
  EXPECT_THAT(error({"--format", "pdf"}), HasSubstr("pdf not in {html,csv,json}"));
  EXPECT_THAT(error({"--to", "2020-01-01"}),
              HasSubstr("the store has audits from 2026-11-02 00:00 to 2026-11-03 00:00"));
  EXPECT_THAT(error_line({"report", "--store", "shop.db", "--out", "no/where.html"}, 1),
              HasSubstr("no/where.html"));
}

}  // namespace
}  // namespace gondola::app
