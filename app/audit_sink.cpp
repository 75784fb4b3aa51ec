#include "audit_sink.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "content.hpp"
#include "frame_time.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/draw_shelf.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/report/local_time.hpp"
#include "words.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", 100 * *share) : std::string("unknown");
}

std::string summary_of(const shelf::Audit& audit) {
  std::string text = fmt::format(
      "{}, {}, {}", counted(static_cast<std::int64_t>(audit.rows.size()), "row", "rows"),
      counted(audit.kpi.facings, "facing", "facings"),
      counted(audit.kpi.products, "product", "products"));
  if (audit.kpi.gaps > 0) {
    text += fmt::format("; {} with room for {}", counted(audit.kpi.gaps, "gap", "gaps"),
                        counted(audit.kpi.gap_facings, "facing", "facings"));
  } else {
    text += "; no gaps";
  }
  if (audit.kpi.on_shelf_availability)
    text += "; availability " + percent(audit.kpi.on_shelf_availability);
  if (audit.comparison) {
    text += audit.comparison->registered
                ? "; as planned: " + percent(audit.comparison->position_compliance)
                : "; the planogram was not found in the picture";
  }
  for (const shelf::ZoneCount& zone : audit.zones)
    text += fmt::format("; {}: {}", zone.name, counted(zone.facings, "facing", "facings"));
  for (const shelf::LowStock& low : audit.low_stock) {
    text += fmt::format("; low: {} {} of {}", low.label.empty() ? low.zone : low.label, low.facings,
                        low.threshold);
  }
  return text;
}

/// What a fault is called on the picture; empty for a position without one.
std::string fault_text(const shelf::PositionResult& position, const std::string& product) {
  switch (position.status) {
    case shelf::PositionStatus::kWrongProduct:
      return "not " + product;
    case shelf::PositionStatus::kWrongPlace:
      return product + " stands elsewhere";
    case shelf::PositionStatus::kEmpty:
      return product + " missing";
    case shelf::PositionStatus::kCorrect:
    case shelf::PositionStatus::kHidden:
      break;
  }
  return {};
}

media::ShelfMarks marks_of(const shelf::Audit& audit) {
  media::ShelfMarks marks;
  for (std::size_t i = 0; i < audit.rows.size(); ++i) {
    const shelf::Row& row = audit.rows[i];
    const int number = static_cast<int>(i);
    for (std::size_t k = 0; k < row.facings.size(); ++k)
      marks.facings.push_back({row.facings[k].box, number, std::to_string(k + 1)});
    media::BoardMark board;
    for (const shelf::Point& point : row.line) board.line.emplace_back(point.x, point.y);
    board.row = number;
    board.text = fmt::format("row {}: {}", i + 1, row.facings.size());
    marks.boards.push_back(std::move(board));
  }
  for (const shelf::Gap& gap : audit.gaps)
    marks.gaps.push_back({gap.box, fmt::format("gap {}", gap.facings)});
  if (audit.comparison) {
    for (std::size_t i = 0; i < audit.comparison->positions.size(); ++i) {
      const shelf::PositionResult& position = audit.comparison->positions[i];
      const auto& product = audit.planogram->products[audit.planogram->positions[i].product];
      const std::string text = fault_text(position, product.name);
      if (!text.empty()) marks.faults.push_back({position.box, text});
    }
    for (const std::size_t extra : audit.comparison->extra)
      marks.faults.push_back({audit.products[extra].box, "not planned"});
  }
  marks.summary = summary_of(audit);
  return marks;
}

/// What there is of a label in each row, for those rows that have any.
std::vector<store::StoredCount> counts_by_row(const shelf::Audit& audit,
                                              const shelf::LabelCount& label) {
  std::vector<store::StoredCount> rows;
  for (std::size_t row = 0; row < label.row_facings.size(); ++row)
    rows.push_back({label.label, static_cast<int>(row), label.row_facings[row], 0});
  for (const shelf::AuditProduct& product : audit.products) {
    if (product.label == label.label && product.place.row >= 0)
      ++rows[static_cast<std::size_t>(product.place.row)].products;
  }
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [](const store::StoredCount& count) {
                              return count.facings == 0 && count.products == 0;
                            }),
             rows.end());
  return rows;
}

}  // namespace

AuditSink::AuditSink(AuditOutputs outputs, shelf::AuditOptions options,
                     const shelf::Planogram* planogram, std::string planogram_name,
                     const ClassNames& names, std::string model,
                     std::shared_ptr<spdlog::logger> log)
    : outputs_(std::move(outputs)),
      options_(std::move(options)),
      planogram_(planogram),
      planogram_name_(std::move(planogram_name)),
      model_(std::move(model)),
      log_(std::move(log)) {
  for (std::size_t i = 0; i < names.size(); ++i) labels_.push_back(names.name(static_cast<int>(i)));
  if (!outputs_.folder.empty()) make_folder(outputs_.folder);
  using Mode = pipeline::ResultStream::Mode;
  if (!outputs_.json.empty())
    json_ = std::make_unique<pipeline::ResultStream>(outputs_.json, Mode::kAtomic);
  if (!outputs_.csv.empty()) {
    csv_ = std::make_unique<pipeline::ResultStream>(
        outputs_.csv, outputs_.endless ? Mode::kDirect : Mode::kAtomic);
    csv_->stream() << "source,taken_at,row,label,facings,products,gaps,gap_facings\n";
  }
}

void AuditSink::write(const pipeline::FrameDetections& result) {
  write(result, pipeline::result_stem(result.frame));
}

void AuditSink::write(const pipeline::FrameDetections& result, const std::string& stem, bool keep) {
  const media::Frame& frame = result.frame;
  shelf::Audit audit = shelf::audit(result.detections, labels_,
                                    {frame.image.cols, frame.image.rows}, planogram_, options_);
  const store::UtcMilliseconds time = taken_at(frame, outputs_.taken_at);
  audit.source = frame.source;
  audit.taken_at = report::utc_iso(time);

  const std::string json = shelf::to_json(audit);
  const std::string picture = write_picture(frame, stem, audit, json, keep);
  if (json_) {
    std::ostream& out = json_->stream();
    if (outputs_.several)
      out << (written_ > 0 ? ",\n" : "{\"schema\":\"gondola.audits/1\",\"audits\":[\n");
    out << json;
  }
  ++written_;
  if (csv_) write_rows(audit);
  if (outputs_.store != nullptr && keep) add_to_store(frame, audit, time, picture);
  log_->info("{}: {}", frame.source, summary_of(audit));
}

std::string AuditSink::write_picture(const media::Frame& frame, const std::string& stem,
                                     const shelf::Audit& audit, const std::string& json,
                                     bool keep) {
  const bool is_picture = frame.kind == media::SourceKind::kImage;
  if (outputs_.folder.empty()) return is_picture ? frame.source : std::string();
  const fs::path folder(outputs_.folder);
  const fs::path picture = folder / file_names_.claim(stem, ".jpg");
  std::error_code one_is_missing;
  if (fs::equivalent(picture, frame.source, one_is_missing)) {
    throw ConfigError(concat("the annotated picture would replace the picture '", frame.source,
                             "' itself; name another output folder"));
  }
  media::write_image(picture.string(), media::draw_shelf(frame.image, marks_of(audit)));
  write_file(folder / file_names_.claim(stem, ".json"), json + '\n');
  // The report draws the boxes itself, so that they can be clicked.
  if (is_picture) return frame.source;
  if (outputs_.store == nullptr || !keep) return {};
  const fs::path plain = folder / file_names_.claim(stem + "_plain", ".jpg");
  media::write_image(plain.string(), frame.image);
  return plain.string();
}

void AuditSink::write_rows(const shelf::Audit& audit) {
  std::ostream& csv = csv_->stream();
  const std::string start = csv_field(audit.source) + ',' + audit.taken_at + ',';
  std::vector<std::vector<store::StoredCount>> rows(audit.rows.size());
  for (const shelf::LabelCount& label : audit.totals)
    for (store::StoredCount& count : counts_by_row(audit, label))
      rows[static_cast<std::size_t>(count.row)].push_back(std::move(count));
  for (std::size_t row = 0; row < audit.rows.size(); ++row) {
    const int index = static_cast<int>(row);
    int gaps = 0;
    int gap_facings = 0;
    for (const shelf::Gap& gap : audit.gaps) {
      if (gap.row != index) continue;
      ++gaps;
      gap_facings += gap.facings;
    }
    for (const store::StoredCount& count : rows[row]) {
      csv << start << row + 1 << ',' << csv_field(count.label) << ',' << count.facings << ','
          << count.products << ",,\n";
    }
    csv << start << row + 1 << ",," << audit.rows[row].facings.size() << ",," << gaps << ','
        << gap_facings << '\n';
  }
  csv << start << ",," << audit.kpi.facings << ',' << audit.kpi.products << ',' << audit.kpi.gaps
      << ',' << audit.kpi.gap_facings << '\n';
  csv_->flush();
}

void AuditSink::add_to_store(const media::Frame& frame, const shelf::Audit& audit,
                             store::UtcMilliseconds taken_at, const std::string& picture) {
  store::AuditRecord record;
  record.store = outputs_.shop;
  record.camera = outputs_.camera;
  record.source = frame.source;
  record.content = content_of(frame.image);
  record.taken_at = taken_at;
  record.image = audit.image;
  record.model = model_;
  record.planogram = planogram_name_;
  record.facings = audit.kpi.facings;
  record.on_shelf_availability = audit.kpi.on_shelf_availability;
  if (!picture.empty()) record.picture = fs::absolute(picture).lexically_normal().string();
  for (const shelf::AuditProduct& product : audit.products) {
    record.detections.push_back(
        {product.label, product.score, product.box, product.place.row, product.place.facing});
  }
  for (const shelf::Gap& gap : audit.gaps) record.gaps.push_back({gap.box, gap.row, gap.facings});
  for (const shelf::LabelCount& label : audit.totals) {
    record.counts.push_back({label.label, -1, label.facings, label.products});
    for (store::StoredCount& count : counts_by_row(audit, label))
      record.counts.push_back(std::move(count));
  }
  if (audit.comparison) {
    record.planogram_compliance = audit.comparison->position_compliance;
    for (std::size_t i = 0; i < audit.comparison->positions.size(); ++i) {
      const shelf::PlannedPosition& planned = audit.planogram->positions[i];
      record.positions.push_back({planned.id, audit.planogram->products[planned.product].id,
                                  std::string(name_of(audit.comparison->positions[i].status))});
    }
  }
  if (outputs_.store->add(record, outputs_.if_known))
    ++kept_;
  else
    log_->info("{} is in the store already; not counted again (--again does)", frame.source);
}

void AuditSink::finish() {
  // Of a single picture that could not be read there is nothing to write.
  if (json_ && (outputs_.several || written_ > 0)) {
    std::ostream& json = json_->stream();
    if (outputs_.several)
      json << (written_ > 0 ? "\n]}\n" : "{\"schema\":\"gondola.audits/1\",\"audits\":[]}\n");
    else
      json << '\n';
    json_->finish();
  }
  if (csv_) csv_->finish();
  if (written_ > 0 && !outputs_.folder.empty())
    log_->info("annotated pictures and audits are in {}", outputs_.folder);
  if (outputs_.store != nullptr) {
    log_->info("{} kept in {}; see gondola report --store {}", counted(kept_, "audit", "audits"),
               outputs_.store_file, outputs_.store_file);
  }
}

}  // namespace gondola::app
