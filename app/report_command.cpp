#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "command.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/read_image.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/report/local_time.hpp"
#include "gondola/report/render.hpp"
#include "gondola/report/summary.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "words.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;

struct ReportCommandOptions {
  std::string store;
  std::string from;
  std::string to;
  std::vector<std::string> by = {"label"};
  std::vector<std::string> shops;
  std::vector<std::string> cameras;
  std::vector<std::string> low;
  std::string format;
  std::string out;
  std::string title = report::HtmlOptions{}.title;
  std::size_t pictures = report::HtmlOptions{}.max_pictures;
};

void add_options(CLI::App& command, ReportCommandOptions& options) {
  command.add_option("--store", options.store, "The store that gondola count fills")
      ->type_name(kFile);
  command
      .add_option("--from", options.from,
                  "Local time: 2026-11-01, \"2026-11-01 08:00\", today, yesterday, 7d (ago), 12h; "
                  "without it from the first audit")
      ->type_name("TIME");
  command
      .add_option("--to", options.to,
                  "The same; a day is included to its end; without it to the last audit")
      ->type_name("TIME");
  command.add_option("--by", options.by, "Group by label, row, store, camera")
      ->delimiter(',')
      ->type_name("A,B")
      ->capture_default_str();
  command.add_option("--shop", options.shops, "These shops only")
      ->delimiter(',')
      ->type_name("NAME");
  command.add_option("--camera", options.cameras, "These cameras or fixtures only")
      ->delimiter(',')
      ->type_name("NAME");
  command
      .add_option("--low", options.low,
                  concat("Fewest facings of a product in a shop: N for those that usually have as "
                         "many (default ",
                         report::ReportOptions{}.fewest, "), LABEL=N for one whatever is usual"))
      ->type_name("[LABEL=]N");
  command
      .add_option("--format", options.format,
                  "html, csv or json; without it by the ending of --out, else html")
      ->check(plain(CLI::IsMember({"html", "csv", "json"})))
      ->type_name("FORMAT");
  command
      .add_option("--out", options.out,
                  "- for standard output; without it report.html, report.csv or report.json")
      ->type_name(kFile);
  command.add_option("--title", options.title, "Heading of the page")
      ->type_name("TEXT")
      ->capture_default_str();
  command.add_option("--pictures", options.pictures, "Shelves shown with a picture, html only")
      ->check(plain(CLI::Range(0, 10'000)))
      ->type_name("N")
      ->capture_default_str();
  command.footer(concat(kCommonHelp,
                        "\nExample: gondola report --store shop.db --from 7d --out week.html\n"
                        "         gondola report --store shop.db --by store,label --out - "
                        "--format csv"));
}

report::TimeSpan parse_time(const std::string& option, const std::string& text) {
  try {
    return report::parse_local_time(text, report::utc_now());
  } catch (const ConfigError& error) {
    throw ConfigError(concat(option, ": ", error.what()));
  }
}

void set_thresholds(const std::vector<std::string>& words, report::ReportOptions& report) {
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    const bool has_label = equals != std::string::npos;
    const auto facings = parse_number<int>(has_label ? word.substr(equals + 1) : word);
    if (equals == 0 || !facings || *facings < 0) {
      throw ConfigError(concat("--low ", printable(word),
                               ": expected a number of facings, or a label and one, such as "
                               "cola=4"));
    }
    (has_label ? report.fewest_of[word.substr(0, equals)] : report.fewest) = *facings;
  }
}

report::ReportOptions report_options(const ReportCommandOptions& options) {
  report::ReportOptions report;
  if (!options.from.empty()) report.from = parse_time("--from", options.from).from;
  if (!options.to.empty()) report.to = parse_time("--to", options.to).to;
  if (report.from && report.to && *report.from >= *report.to) {
    throw ConfigError(concat("--from ", report::local_minute(*report.from), " is not before --to ",
                             report::local_minute(*report.to)));
  }
  report.stores = options.shops;
  report.cameras = options.cameras;
  try {
    report.by = report::parse_group_by(options.by);
  } catch (const ConfigError& error) {
    throw ConfigError(concat("--by: ", error.what()));
  }
  set_thresholds(options.low, report);
  return report;
}

std::string format_of(const ReportCommandOptions& options) {
  if (!options.format.empty()) return options.format;
  const std::string extension = fs::path(options.out).extension().string();
  if (extension == ".csv" || extension == ".json") return extension.substr(1);
  return "html";
}

/// Pictures as the page holds them. What the store names by a relative path is looked for beside
/// the store, too.
class PagePictures {
 public:
  explicit PagePictures(const fs::path& store) : folder_(store.parent_path()) {}

  std::string read(const std::string& path, int longest_side) {
    try {
      const fs::path beside = folder_ / path;
      const bool is_here = fs::exists(path) || !fs::exists(beside);
      return encode(
          media::read_image_reduced(is_here ? path : beside.string(), {longest_side, longest_side}),
          longest_side);
    } catch (const Error& error) {
      if (unreadable_.insert(path).second && first_problem_.empty()) first_problem_ = error.what();
      return "";
    }
  }

  std::size_t unreadable() const { return unreadable_.size(); }
  const std::string& first_problem() const { return first_problem_; }

 private:
  static std::string encode(cv::Mat image, int longest_side) {
    const double scale = static_cast<double>(longest_side) / std::max(image.cols, image.rows);
    if (scale < 1) cv::resize(image, image, {}, scale, scale, cv::INTER_AREA);
    constexpr int kQuality = 80;
    const std::vector<unsigned char> bytes = media::encode_jpeg(image, kQuality, "of the report");
    return {bytes.begin(), bytes.end()};
  }

  fs::path folder_;
  std::set<std::string> unreadable_;
  std::string first_problem_;
};

std::string render_page(const report::Summary& summary, const ReportCommandOptions& options,
                        Context& context) {
  PagePictures pictures(options.store);
  report::HtmlOptions html;
  html.title = options.title;
  html.max_pictures = options.pictures;
  html.read_picture = [&pictures](const std::string& path, int longest_side) {
    return pictures.read(path, longest_side);
  };
  std::string page = report::to_html(summary, html);
  if (pictures.unreadable() > 0) {
    context.log->warn("{} of the pictures cannot be shown; the first: {}", pictures.unreadable(),
                      pictures.first_problem());
  }
  return page;
}

int run_report(const ReportCommandOptions& options, Context& context) {
  if (options.store.empty()) {
    throw ConfigError(
        "give the store with --store FILE; gondola count SOURCE --store FILE makes one");
  }
  const report::ReportOptions report = report_options(options);
  store::OpenOptions reading;
  reading.read_only = true;
  const report::Summary summary =
      report::make_summary(*store::open_store(options.store, reading), report);

  const std::string format = format_of(options);
  const std::string text = format == "csv"    ? report::to_csv(summary)
                           : format == "json" ? report::to_json(summary)
                                              : render_page(summary, options, context);
  if (options.out == "-") {
    std::cout << text << std::flush;
    if (!std::cout) throw IoError("cannot write the report to standard output");
    return 0;
  }
  const std::string out = options.out.empty() ? "report." + format : options.out;
  write_file(out, text);
  context.log->info("{} of {}, {} to do: {}", counted(summary.totals.audits, "audit", "audits"),
                    counted(static_cast<std::int64_t>(summary.shelves.size()), "shelf", "shelves"),
                    counted(static_cast<std::int64_t>(summary.problems.size()), "thing", "things"),
                    out);
  return 0;
}

}  // namespace

Command add_report_command(CLI::App& app) {
  auto options = std::make_shared<ReportCommandOptions>();
  CLI::App* parser = app.add_subcommand("report", "Inventory reports from a store over time");
  add_options(*parser, *options);
  return {parser, [options](Context& context) { return run_report(*options, context); }};
}

}  // namespace gondola::app
