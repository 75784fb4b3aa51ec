#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <string_view>

namespace gondola {

/// A file that appears under its name complete or not at all.
///
/// Writes to `.NAME.tmp-PID-N` in the same folder; commit() renames it. Destroyed without commit(),
/// it leaves nothing behind and a previous file of that name untouched. This holds when the program
/// fails or is stopped by an exception, not when the machine loses power: nothing is forced to the
/// disk.
///
/// A symbolic link is followed, and stays. A device or pipe (/dev/stdout, /dev/null) cannot be
/// replaced and is written directly. New files get the permissions that the umask leaves.
///
/// Not thread-safe; neither copied nor moved.
class AtomicFile {
 public:
  /// Throws: IoError naming the path and the reason (no such folder, no permission, is a folder).
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write. Errors set badbit as with any stream; commit() reports them with their reason.
  std::ostream& stream();

  /// Writes what is buffered and puts the file in its place. To be called once, last.
  ///
  /// Throws: IoError naming the path and the reason if this or any earlier write failed (disk
  /// full); the temporary file is then removed.
  void commit();

 private:
  class Buffer;

  std::filesystem::path path_;       // as the caller gave it, for messages
  std::filesystem::path target_;     // with links followed
  std::filesystem::path temporary_;  // empty if written directly
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

/// Writes a whole file at once, complete or not at all. Throws: IoError as AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gondola
