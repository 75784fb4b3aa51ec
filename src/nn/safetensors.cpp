#include "gondola/nn/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "mapped_file.hpp"
#include "text.hpp"

namespace gondola::nn {
namespace {

using nlohmann::json;

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::size_t kLengthBytes = 8;

/// More dimensions than any tensor library can use.
constexpr std::size_t kMaxRank = 64;

struct DTypeName {
  std::string_view name;
  DType dtype;
};

constexpr std::array<DTypeName, 10> kDTypeNames = {{{"F64", DType::kF64},
                                                    {"F32", DType::kF32},
                                                    {"F16", DType::kF16},
                                                    {"BF16", DType::kBF16},
                                                    {"I64", DType::kI64},
                                                    {"I32", DType::kI32},
                                                    {"I16", DType::kI16},
                                                    {"I8", DType::kI8},
                                                    {"U8", DType::kU8},
                                                    {"BOOL", DType::kBool}}};

std::string_view format_name(DType dtype) {
  const auto* found = std::find_if(kDTypeNames.begin(), kDTypeNames.end(),
                                   [&](const DTypeName& entry) { return entry.dtype == dtype; });
  return found->name;
}

/// A tensor as the header states it; nothing of it is checked against the others or the data.
struct HeaderEntry {
  std::string name;
  std::optional<DType> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::int64_t>> offsets;
};

/// Takes the header's JSON apart as it is parsed. It accepts the format's structure only, so that
/// nothing is built from what the header may hold besides, such as a million nested lists.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& source_name) : source_name_(source_name) {}

  std::map<std::string, std::string> take_metadata() { return std::move(metadata_); }
  std::vector<HeaderEntry> take_entries() { return std::move(entries_); }

  bool start_object(std::size_t /*size*/) override {
    switch (place_) {
      case Place::kOutside:
        place_ = Place::kHeader;
        return true;
      case Place::kHeader:
        place_ = key_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
        if (place_ == Place::kTensor) {
          entries_.emplace_back();
          entries_.back().name = key_;
        }
        return true;
      default:
        refuse("an object");
    }
  }

  bool end_object() override {
    place_ = place_ == Place::kHeader ? Place::kOutside : Place::kHeader;
    return true;
  }

  bool key(std::string& name) override {
    key_ = name;
    if (place_ == Place::kHeader && !names_.insert(key_).second) {
      fail(in_quotes(key_), " is there twice");
    }
    if (place_ == Place::kMetadata && metadata_.count(key_) != 0) {
      fail("metadata ", in_quotes(key_), " is there twice");
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      metadata_.emplace(key_, std::move(text));
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      set_dtype(text);
    } else {
      refuse("a string");
    }
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ != Place::kTensor || (key_ != "shape" && key_ != "data_offsets")) refuse("a list");
    auto& numbers = key_ == "shape" ? entries_.back().shape : entries_.back().offsets;
    if (numbers.has_value()) fail_in_tensor(key_, " is there twice");
    numbers.emplace();
    place_ = Place::kNumbers;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ != Place::kNumbers) refuse("a number");
    constexpr auto kMax = static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
    if (number > kMax) fail_in_tensor(key_, " holds ", number, ", which is too large");
    auto& numbers = key_ == "shape" ? *entries_.back().shape : *entries_.back().offsets;
    if (numbers.size() == kMaxRank) fail_in_tensor(key_, " holds more than ", kMaxRank, " numbers");
    numbers.push_back(static_cast<std::int64_t>(number));
    return true;
  }

  bool number_integer(number_integer_t number) override {
    if (place_ == Place::kNumbers) fail_in_tensor(key_, " holds ", number, "; expected 0 or more");
    refuse("a number");
  }

  bool number_float(number_float_t /*number*/, const string_t& text) override {
    if (place_ == Place::kNumbers) {
      fail_in_tensor(key_, " holds ", in_quotes(text), "; expected a whole number");
    }
    refuse("a number");
  }

  bool null() override { refuse("null"); }
  bool boolean(bool /*value*/) override { refuse("a boolean"); }
  bool binary(binary_t& /*value*/) override { refuse("binary data"); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const json::exception& /*error*/) override {
    fail("not JSON at byte ", position, "; the file is damaged: copy or download it again");
  }

 private:
  enum class Place { kOutside, kHeader, kMetadata, kTensor, kNumbers };

  template <typename... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw WeightsError(concat(source_name_, ": safetensors header: ", parts...));
  }

  template <typename... Parts>
  [[noreturn]] void fail_in_tensor(const Parts&... parts) const {
    fail("tensor ", in_quotes(entries_.back().name), ": ", parts...);
  }

  /// Fails because of a value that the format does not have at this place.
  [[noreturn]] void refuse(const char* got) const {
    switch (place_) {
      case Place::kOutside:
        fail("expected an object, got ", got);
      case Place::kHeader:
        fail(in_quotes(key_), ": expected an object, got ", got);
      case Place::kMetadata:
        fail("metadata ", in_quotes(key_), ": expected a string, got ", got);
      case Place::kTensor:
        fail_in_tensor("field ", in_quotes(key_), " is ", got,
                       "; expected dtype (a string), shape and data_offsets (lists of numbers)");
      case Place::kNumbers:
        fail_in_tensor(key_, " holds ", got, "; expected a whole number");
    }
    fail("unexpected ", got);
  }

  void set_dtype(const std::string& name) {
    HeaderEntry& entry = entries_.back();
    if (entry.dtype.has_value()) fail_in_tensor("dtype is there twice");
    const auto* found = std::find_if(kDTypeNames.begin(), kDTypeNames.end(),
                                     [&](const DTypeName& known) { return known.name == name; });
    if (found == kDTypeNames.end()) {
      std::string known_names;
      for (const DTypeName& known : kDTypeNames) known_names += concat(" ", known.name);
      fail_in_tensor("dtype ", in_quotes(name), " is not supported; expected one of", known_names);
    }
    entry.dtype = found->dtype;
  }

  const std::string& source_name_;
  Place place_ = Place::kOutside;
  std::string key_;
  std::set<std::string> names_;
  std::map<std::string, std::string> metadata_;
  std::vector<HeaderEntry> entries_;
};

/// Bytes begin..end of the data, which begins after the header.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The range of a complete entry, proven to lie in the data and to fit its type and shape.
Range checked_range(const HeaderEntry& entry, std::size_t data_size,
                    const std::string& source_name) {
  const auto fail = [&](const auto&... parts) {
    throw WeightsError(concat(source_name, ": tensor ", in_quotes(entry.name), ": ", parts...));
  };
  if (!entry.dtype || !entry.shape || !entry.offsets || entry.offsets->size() != 2) {
    fail("incomplete; expected dtype, shape and data_offsets [begin, end] in the header");
  }
  const std::optional<std::size_t> bytes = checked_byte_size(*entry.dtype, *entry.shape);
  if (!bytes) fail("shape ", to_string(*entry.shape), " is too large");
  const auto begin = static_cast<std::size_t>((*entry.offsets)[0]);
  const auto end = static_cast<std::size_t>((*entry.offsets)[1]);
  if (begin > end || end > data_size) {
    fail("data_offsets ", to_string(*entry.offsets), " do not lie in the file's ", data_size,
         " bytes of data; the file is truncated or damaged: copy or download it again");
  }
  if (end - begin != *bytes) {
    fail("data_offsets ", to_string(*entry.offsets), " give ", end - begin, " bytes; expected ",
         *bytes, " for ", name_of(*entry.dtype), " ", to_string(*entry.shape));
  }
  return {begin, end};
}

/// The format demands that the tensors cover the data without holes or overlaps.
void check_coverage(const std::vector<HeaderEntry>& entries, const std::vector<Range>& ranges,
                    std::size_t data_size, const std::string& source_name) {
  std::vector<std::size_t> order(ranges.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(ranges[a].begin, ranges[a].end) < std::pair(ranges[b].begin, ranges[b].end);
  });
  std::size_t covered = 0;
  for (const std::size_t i : order) {
    if (ranges[i].begin != covered) {
      throw WeightsError(concat(source_name, ": tensor ", in_quotes(entries[i].name),
                                ": begins at ", ranges[i].begin, " and ",
                                ranges[i].begin < covered ? "overlaps another" : "leaves a hole",
                                "; expected it to begin at ", covered));
    }
    covered = ranges[i].end;
  }
  if (covered != data_size) {
    throw WeightsError(concat(source_name, ": the tensors end after ", covered, " of ", data_size,
                              " bytes of data; expected them to fill the file"));
  }
}

/// JSON text of a string; fails when it is not UTF-8.
std::string json_string(const std::filesystem::path& path, const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw WeightsError(concat("cannot write ", path.string(), ": ", in_quotes(text),
                              " is not UTF-8, which the safetensors format demands"));
  }
}

}  // namespace

SafetensorsFile parse_safetensors(std::shared_ptr<const std::byte> bytes, std::size_t size,
                                  const std::string& source_name) {
  const auto fail = [&](const auto&... parts) {
    throw WeightsError(concat(source_name, ": ", parts...));
  };
  if (size < kLengthBytes) {
    fail("a file of ", size, " bytes is too short for safetensors; copy or download it again");
  }
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.get(), kLengthBytes);
  if (header_size > kMaxSafetensorsHeader) {
    fail("header length ", header_size, " exceeds the format's ", kMaxSafetensorsHeader,
         "; this is not a safetensors file, or it is damaged");
  }
  if (header_size > size - kLengthBytes) {
    fail("header of ", header_size, " bytes does not fit the file of ", size,
         "; it is truncated: copy or download it again");
  }
  const auto* header = reinterpret_cast<const char*>(bytes.get()) + kLengthBytes;
  if (header_size == 0 || header[0] != '{') fail("safetensors header does not begin with '{'");

  HeaderReader reader(source_name);
  json::sax_parse(header, header + header_size, &reader);
  std::vector<HeaderEntry> entries = reader.take_entries();

  const std::size_t data_start = kLengthBytes + static_cast<std::size_t>(header_size);
  const std::size_t data_size = size - data_start;
  std::vector<Range> ranges;
  ranges.reserve(entries.size());
  for (const HeaderEntry& entry : entries) {
    ranges.push_back(checked_range(entry, data_size, source_name));
  }
  check_coverage(entries, ranges, data_size, source_name);

  SafetensorsFile file;
  file.metadata = reader.take_metadata();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    TensorData tensor{*entries[i].dtype,
                      std::move(*entries[i].shape),
                      {bytes, bytes.get() + data_start + ranges[i].begin}};
    const bool added = file.tensors.add(std::move(entries[i].name), std::move(tensor));
    GONDOLA_EXPECTS(added, "the header reader let a name pass twice");
  }
  return file;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const FileBytes file = map_file(path);
  return parse_safetensors(file.data, file.size, path.string());
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const NamedTensors& tensors) {
  using Entry = NamedTensors::Entry;
  std::vector<const Entry*> layout;
  for (const Entry& entry : tensors) {
    GONDOLA_EXPECTS(entry.first != kMetadataKey, "a tensor may not be called ", entry.first);
    GONDOLA_EXPECTS(entry.second.data != nullptr || entry.second.byte_size() == 0, "tensor ",
                    entry.first, " has no data");
    layout.push_back(&entry);
  }
  std::stable_sort(layout.begin(), layout.end(), [](const Entry* a, const Entry* b) {
    return size_of(a->second.dtype) > size_of(b->second.dtype);
  });
  std::map<const Entry*, Range> ranges;
  std::size_t data_size = 0;
  for (const Entry* entry : layout) {
    const std::size_t begin = data_size;
    data_size += entry->second.byte_size();
    ranges[entry] = {begin, data_size};
  }

  std::string header = "{";
  if (!metadata.empty()) {
    header += concat('"', kMetadataKey, "\":{");
    for (const auto& [key, value] : metadata) {
      if (header.back() != '{') header += ',';
      header += json_string(path, key) + ":" + json_string(path, value);
    }
    header += '}';
  }
  for (const Entry& entry : tensors) {
    if (header.back() != '{') header += ',';
    const auto& [name, tensor] = entry;
    const Range range = ranges.at(&entry);
    header += concat(json_string(path, name), ":{\"dtype\":\"", format_name(tensor.dtype),
                     "\",\"shape\":", json(tensor.shape).dump(), ",\"data_offsets\":[", range.begin,
                     ",", range.end, "]}");
  }
  header += '}';
  header.append((kLengthBytes - header.size() % kLengthBytes) % kLengthBytes, ' ');
  if (header.size() > kMaxSafetensorsHeader) {
    throw WeightsError(concat("cannot write ", path.string(), ": its header would take ",
                              header.size(), " bytes; the safetensors format allows ",
                              kMaxSafetensorsHeader));
  }

  AtomicFile file(path);
  std::array<char, kLengthBytes> length{};
  const std::uint64_t header_size = header.size();
  std::memcpy(length.data(), &header_size, kLengthBytes);
  file.stream().write(length.data(), kLengthBytes);
  file.stream() << header;
  for (const Entry* entry : layout) {
    if (entry->second.byte_size() == 0) continue;
    file.stream().write(reinterpret_cast<const char*>(entry->second.data.get()),
                        static_cast<std::streamsize>(entry->second.byte_size()));
  }
  file.commit();
}

}  // namespace gondola::nn
