#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "gondola/store/event_store.hpp"

namespace gondola::store {

struct OpenOptions {
  /// Whether the store is only looked at. Otherwise a file that is not there is made, and one of an
  /// older version is brought to the current one.
  bool read_only = false;

  /// How long to wait for other programs that write to the store, >= 0. Too short a time makes
  /// add() fail when many write at once.
  std::chrono::milliseconds busy_timeout{10'000};
};

/// Opens a store in a single SQLite file (and two more beside it, -wal and -shm, while it is open).
///
/// Several objects, threads and processes may have the same file open: one at a time writes, and
/// whoever reads never waits for it. What add() has returned an id for is on the disk, and survives
/// a killed program and a power cut. The file must be on a disk of this machine: network file
/// systems have no locks to rely on. The object must not be used in a process forked after the
/// call.
///
/// Throws: IoError with the path and the reason when the file cannot be opened or made, is no store
/// or a damaged one, or is of a version newer than this Gondola (or an older one, and read_only).
/// A file that is not a store is left as it is.
std::unique_ptr<EventStore> open_store(const std::filesystem::path& path,
                                       const OpenOptions& options = {});

}  // namespace gondola::store
