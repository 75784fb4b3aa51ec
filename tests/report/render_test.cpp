#include "gondola/report/render.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/local_zone.hpp"
#include "report/shop.hpp"

namespace gondola::report {
namespace {

using testing::HasSubstr;
using testing::Not;

class Render : public testing::Test {
 protected:
  Summary summary() const { return make_summary(*shop_.store, options_); }
  std::string page() const { return to_html(summary(), html_); }
  void add(const store::AuditRecord& audit) { shop_.store->add(audit); }

  const LocalZone zone_{kCentralEurope};
  Shop shop_;
  ReportOptions options_;
  HtmlOptions html_;
};

TEST_F(Render, CsvHasALinePerGroupAndStep) {
  add(audit_of("north", "left", kMonday, {{"cola", 4}}));
  add(audit_of("north", "left", kMonday + kHour / 2, {{"cola", 3}}));
  add(audit_of("north", "left", kMonday + 2 * kHour, {{"cola", 2}}));
  // Nobody looked in the second hour.
  EXPECT_EQ(to_csv(summary()),
            "from,to,label,audits,facings,products\r\n"
            "2026-11-02T01:00:00+01:00,2026-11-02T02:00:00+01:00,cola,2,3.5,7\r\n"
            "2026-11-02T02:00:00+01:00,2026-11-02T03:00:00+01:00,cola,0,,\r\n"
            "2026-11-02T03:00:00+01:00,2026-11-02T04:00:00+01:00,cola,1,2,4\r\n");
}

TEST_F(Render, CsvQuotesWhatWouldBreakIt) {
  add(audit_of("north", "left", kMonday, {{"a,b", 1}, {"say \"hi\"", 2}, {"two\nlines", 3}}));
  options_.by = parse_group_by({"store", "label", "row"});
  const std::string csv = to_csv(summary());
  EXPECT_THAT(csv, HasSubstr("from,to,store,label,row,audits,facings,products\r\n"));
  EXPECT_THAT(csv, HasSubstr(",north,\"a,b\",1,1,1,2\r\n"));
  EXPECT_THAT(csv, HasSubstr(",north,\"say \"\"hi\"\"\",1,1,2,4\r\n"));
  EXPECT_THAT(csv, HasSubstr(",north,\"two\nlines\",1,1,3,6\r\n"));
}

TEST_F(Render, JsonHoldsTheSummary) {
  store::AuditRecord audit = audit_of("north", "left", kMonday, {{"cola", 4}, {"tea", 1}});
  audit.gaps = {{{1, 2, 3.5F, 4}, 2, 3}};
  audit.positions = {{"p1", "tea", "wrong_place"}};
  audit.on_shelf_availability = 2.0 / 3;
  audit.picture = "shelf.jpg";
  add(audit);
  shop_.store->add(event_of("north", "left", kMonday, "taken", "cola"));

  const auto json = nlohmann::json::parse(to_json(summary()));
  EXPECT_EQ(json["schema"], "gondola.report/1");
  EXPECT_EQ(json["from"], "2026-11-02T01:00:00+01:00");
  EXPECT_EQ(json["by"], "label");
  EXPECT_EQ(json["step"], "hour");
  EXPECT_EQ(json["totals"]["facings"]["last"], 5);
  EXPECT_EQ(json["totals"]["on_shelf_availability"]["last"], 0.667);
  EXPECT_EQ(json["totals"]["planogram_compliance"]["last"], nullptr);
  EXPECT_EQ(json["totals"]["events"]["taken"], 1);
  EXPECT_EQ(json["problems"][0], nlohmann::json::parse(R"({"kind":"gap","store":"north",
      "camera":"left","audit":1,"row":2,"box":[1.0,2.0,3.5,4.0],"facings":3})"));
  EXPECT_EQ(json["problems"][1]["position"], "p1");
  EXPECT_EQ(json["groups"][0]["label"], "cola");
  EXPECT_EQ(json["groups"][0]["steps"][0]["facings"], 4);
  EXPECT_EQ(json["shelves"][0]["last"]["picture"], "shelf.jpg");
  EXPECT_EQ(json["events"][0]["after"], 2);
}

TEST_F(Render, JsonReplacesBytesThatAreNoText) {
  add(audit_of("north", "left", kMonday, {{"caf\xE9", 1}}));
  EXPECT_EQ(nlohmann::json::parse(to_json(summary()))["groups"][0]["label"], "caf\uFFFD");
}

TEST_F(Render, PageShowsNamesOfAnyScriptAsTheyAre) {
  add(audit_of("متجر", "左", kMonday,
               {{"<script>alert(1)</script>", 1},
                {"\"quoted\" & 'so'", 1},
                {"حليب", 1},
                {"緑茶", 1},
                {"bad\x01\xFF", 1}}));
  const std::string page = this->page();
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"));
  EXPECT_THAT(page, HasSubstr("\\u003cscript>alert(1)\\u003c/script>"));  // for the charts
  EXPECT_THAT(page, HasSubstr("<bdi>&quot;quoted&quot; &amp; &#39;so&#39;</bdi>"));
  EXPECT_THAT(page, HasSubstr("<bdi>حليب</bdi>"));
  EXPECT_THAT(page, HasSubstr("<bdi>緑茶</bdi>"));
  EXPECT_THAT(page, HasSubstr("<bdi>bad\uFFFD\uFFFD</bdi>"));
  EXPECT_THAT(page, HasSubstr("<bdi>متجر · 左</bdi>"));
}

TEST_F(Render, PageHoldsThePicturesItIsGiven) {
  store::AuditRecord audit = audit_of("north", "left", kMonday, {{"cola", 2}});
  audit.picture = "left.jpg";
  audit.gaps = {{{20.4F, 10, 30, 40}, 0, 1}};
  add(audit);
  html_.read_picture = [](const std::string& path, int side) {
    EXPECT_EQ(path, "left.jpg");
    EXPECT_EQ(side, 1280);
    return std::string("foobar");
  };
  const std::string page = this->page();
  EXPECT_THAT(page, HasSubstr("src=\"data:image/jpeg;base64,Zm9vYmFy\""));  // RFC 4648, section 10
  EXPECT_THAT(page, HasSubstr("viewBox=\"0 0 100 50\""));
  EXPECT_THAT(page, HasSubstr("<title>cola · score 87.5\u00a0% · row 1 · facing 2</title>"
                              "<rect x=\"10\" y=\"10\" width=\"9\" height=\"30\"/>"));
  EXPECT_THAT(page, HasSubstr("id=\"shelf-1-gap-1\""));
  EXPECT_THAT(page, HasSubstr("href=\"#shelf-1-gap-1\""));
  EXPECT_THAT(page, HasSubstr("<rect x=\"20\" y=\"10\" width=\"10\" height=\"30\"/>"));
}

TEST_F(Render, PageDrawsTheBoxesOfAPictureThatIsGone) {
  store::AuditRecord audit = audit_of("north", "left", kMonday, {{"cola", 2}});
  audit.picture = "gone.jpg";
  add(audit);
  html_.read_picture = [](const std::string&, int) { return std::string(); };
  const std::string page = this->page();
  EXPECT_THAT(page, HasSubstr("The picture <bdi>gone.jpg</bdi> is not there any more"));
  EXPECT_THAT(page, HasSubstr("facing 2</title>"));
}

TEST_F(Render, PageShowsNoMorePicturesThanItMayAndTheTroubledFirst) {
  for (const char* camera : {"a", "b", "c"}) {
    store::AuditRecord audit = audit_of("north", camera, kMonday, {{"cola", 3}});
    audit.picture = std::string(camera) + ".jpg";
    if (camera == std::string("c")) audit.gaps = {{{20, 10, 30, 40}, 0, 1}};
    add(audit);
  }
  std::vector<std::string> read;
  html_.max_pictures = 1;
  html_.read_picture = [&read](const std::string& path, int) {
    read.push_back(path);
    return std::string("x");
  };
  page();
  EXPECT_THAT(read, testing::ElementsAre("c.jpg"));
}

TEST_F(Render, PageListsProblemsBeforeNumbers) {
  add(audit_of("north", "left", kMonday, {{"cola", 4}}));
  add(audit_of("north", "left", kMonday + kHour, {{"cola", 1}}));
  const std::string page = this->page();
  const std::size_t problem = page.find("1 facing left, usually 2.5");
  ASSERT_NE(problem, std::string::npos);
  EXPECT_LT(problem, page.find("<dl class=\"tiles\">"));
  EXPECT_THAT(page, HasSubstr("<strong>1</strong><span>\u22123 since the first audit</span>"));
}

TEST_F(Render, PageSaysThatAllIsWell) {
  add(audit_of("north", "left", kMonday, {{"cola", 4}}));
  EXPECT_THAT(page(), HasSubstr("No gaps, no low stock and no wrong products"));
}

TEST_F(Render, PageOfEventsAlone) {
  shop_.store->add(event_of("north", "left", kMonday, "taken", "cola"));
  const std::string page = this->page();
  EXPECT_THAT(page, HasSubstr("No shelf was audited in this range."));
  EXPECT_THAT(page, HasSubstr("<td>taken</td><td><bdi>cola</bdi></td>"));
}

TEST_F(Render, PageHoldsChartJsAsItCame) {
  add(audit_of("north", "left", kMonday, {{"cola", 4}}));
  const std::string library = test::read_text(GONDOLA_CHART_JS);
  ASSERT_FALSE(library.empty());
  EXPECT_NE(page().find(library), std::string::npos);
}

}  // namespace
}  // namespace gondola::report
