#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/report/render.hpp"
#include "report/local_zone.hpp"
#include "report/shop.hpp"

namespace gondola::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kBrowser = "chromium";

bool has_browser() {
  return std::system(concat("command -v ", kBrowser, " >/dev/null 2>&1").c_str()) == 0;
}

/// What a browser makes of the page: the document after its scripts have run.
struct Visit {
  std::string document;
  std::string messages;  ///< of the browser, the page's console among them
};

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_browser()) GTEST_SKIP() << "needs Debian's package chromium";
  }

  void fill_shop() {
    for (int day = 0; day < 5; ++day) {
      store::AuditRecord audit =
          audit_of("north", "left", kMonday + day * kDay,
                   {{"cola", 5 - day}, {"</script><b>", 3}, {"حليب", 2 + day}});
      audit.on_shelf_availability = 0.9;
      audit.planogram_compliance = 0.8;
      audit.gaps = {{{50, 10, 60, 40}, 0, 1}};
      shop_.store->add(audit);
      shop_.store->add(event_of("north", "left", kMonday + day * kDay, "taken", "cola"));
    }
  }

  /// @param script  run in the page after it was loaded
  Visit visit(const std::string& script = "", const std::string& options = "") {
    std::string page = to_html(make_summary(*shop_.store, {}), {});
    const std::string end = "</body>";
    page.insert(page.rfind(end), "<script>" + script + "</script>");
    const std::filesystem::path folder = shop_.folder.path();
    test::write_text(folder / "page.html", page);
    // Whatever asks for a name gets no answer, so that nothing can come from the network.
    const std::string command =
        std::string("timeout 100 ") + kBrowser +
        " --headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run"
        " --host-resolver-rules='MAP * ~NOTFOUND' --enable-logging=stderr --user-data-dir='" +
        (folder / "profile").string() + "' --virtual-time-budget=5000 --window-size=1280,2000 " +
        options + " --dump-dom 'file://" + (folder / "page.html").string() + "' >'" +
        (folder / "out.html").string() + "' 2>'" + (folder / "log.txt").string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << test::read_text(folder / "log.txt");
    return {test::read_text(folder / "out.html"), test::read_text(folder / "log.txt")};
  }

  const LocalZone zone_{kCentralEurope};
  Shop shop_;
};

TEST_F(Browser, DrawsTheChartsWithoutAComplaint) {
  fill_shop();
  const Visit visit = this->visit();
  // Facings, shares, changes, events.
  EXPECT_THAT(visit.document, HasSubstr("data-charts=\"4\""));
  // Chart.js gives every canvas its size in pixels; one that was not drawn has none.
  const std::regex drawn("<canvas[^>]* width=\"([1-9][0-9]{2,})\"");
  EXPECT_EQ(std::distance(std::sregex_iterator(visit.document.begin(), visit.document.end(), drawn),
                          std::sregex_iterator()),
            4);
  EXPECT_THAT(visit.messages, Not(HasSubstr("CONSOLE")));
}

TEST_F(Browser, WouldTellOfAComplaint) {
  fill_shop();
  EXPECT_THAT(visit("nothing_of_that_name();").messages, HasSubstr("CONSOLE"));
}

TEST_F(Browser, RefusesToLoadAnything) {
  fill_shop();
  const Visit visit = this->visit(
      "const i = new Image(); i.src = 'file:///etc/hostname'; "
      "fetch('https://example.org').catch(() => document.body.dataset.fetch = 'refused');");
  EXPECT_THAT(visit.document, HasSubstr("data-fetch=\"refused\""));
  EXPECT_THAT(visit.messages, HasSubstr("Content Security Policy"));
}

TEST_F(Browser, AClickOnABoxSaysWhatItIs) {
  fill_shop();
  const Visit visit = this->visit(
      "document.querySelector('.box.row-0:last-of-type').dispatchEvent("
      "new MouseEvent('click', {bubbles: true}));");
  EXPECT_THAT(visit.document,
              testing::ContainsRegex("aria-live=\"polite\">[^<]*score 87.5[^<]*row 1[^<]*facing"));
}

TEST_F(Browser, ALinkToAProblemMarksItsBoxes) {
  fill_shop();
  const Visit visit = this->visit("document.querySelector('.look a[data-label=cola]').click();");
  EXPECT_THAT(visit.document, HasSubstr("box row-0 sought"));
}

TEST_F(Browser, PaperHasWhatIsFoldedAndChartsOfItsOwnSize) {
  fill_shop();
  const Visit visit = this->visit(
      "dispatchEvent(new Event('beforeprint')); document.body.dataset.folded = "
      "document.querySelectorAll('details:not([open])').length;");
  EXPECT_THAT(visit.document, HasSubstr("data-folded=\"0\""));
  // 300 pixels of a page's 688, at three dots each.
  EXPECT_THAT(visit.document, testing::ContainsRegex("<canvas[^>]* width=\"900\""));
}

TEST_F(Browser, NothingIsWiderThanAPhone) {
  fill_shop();
  const Visit visit = this->visit(
      "document.body.dataset.wide = [...document.querySelectorAll('main *')].filter("
      "e => !e.closest('.scroll, svg, .unseen, thead') && "
      "e.getBoundingClientRect().right > innerWidth + 1).length;",
      "--window-size=500,2000");
  EXPECT_THAT(visit.document, HasSubstr("data-wide=\"0\""));
}

TEST(Page, NamesNothingOutsideItself) {
  const LocalZone zone(kCentralEurope);
  Shop shop;
  shop.store->add(audit_of("north", "left", kMonday, {{"cola", 5}}));
  std::string page = to_html(make_summary(*shop.store, {}), {});
  const std::regex reference(
      R"re((src|href|action|poster|data)\s*=\s*["']?\s*(https?:|//|file:|ftp:)|@import|url\(\s*["']?(?!#))re",
      std::regex::icase);
  // The library names its home in a comment, and nothing else outside.
  const std::string library = test::read_text(GONDOLA_CHART_JS);
  page.erase(page.find(library), library.size());
  std::smatch match;
  EXPECT_FALSE(std::regex_search(page, match, reference)) << match.str();
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
}

}  // namespace
}  // namespace gondola::report
