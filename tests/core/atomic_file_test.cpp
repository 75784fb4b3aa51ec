#include "gondola/core/atomic_file.hpp"

#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

using test::read_text;
using test::TempDir;
using test::write_text;

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

std::string message_of(const fs::path& path) {
  try {
    AtomicFile file(path);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const TempDir dir;
  AtomicFile file(dir / "out.json");
  file.stream() << "{\"a\": " << 1 << '}';
  EXPECT_FALSE(fs::exists(dir / "out.json"));
  file.commit();
  EXPECT_EQ(read_text(dir / "out.json"), "{\"a\": 1}");
  EXPECT_EQ(files_in(dir.path()), 1);
}

TEST(AtomicFile, ReplacesAnEarlierFile) {
  const TempDir dir;
  write_text(dir / "out.txt", "a much longer earlier text");
  AtomicFile file(dir / "out.txt");
  file.stream() << "new";
  file.commit();
  EXPECT_EQ(read_text(dir / "out.txt"), "new");
}

TEST(AtomicFile, LeavesNothingBehindWithoutCommit) {
  const TempDir dir;
  write_text(dir / "out.txt", "earlier");
  {
    AtomicFile file(dir / "out.txt");
    file.stream() << std::string(1'000'000, 'x');
    file.stream().flush();
    EXPECT_EQ(files_in(dir.path()), 2) << "the temporary file lies in the same folder";
  }
  EXPECT_EQ(files_in(dir.path()), 1);
  EXPECT_EQ(read_text(dir / "out.txt"), "earlier");
}

TEST(AtomicFile, TwoAtOnceDoNotMeet) {
  const TempDir dir;
  AtomicFile first(dir / "out.txt");
  AtomicFile second(dir / "out.txt");
  first.stream() << "first";
  second.stream() << "second";
  second.commit();
  first.commit();
  EXPECT_EQ(read_text(dir / "out.txt"), "first");
}

TEST(AtomicFile, WritesAllBytesInAnyPortions) {
  const TempDir dir;
  std::string expected;
  AtomicFile file(dir / "out.bin");
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<std::size_t>(i * i % 70001),
                            static_cast<char>('a' + i % 26));
    file.stream().write(piece.data(), static_cast<std::streamsize>(piece.size()));
    file.stream().put('\0');
    expected += piece + '\0';
  }
  file.commit();
  EXPECT_TRUE(read_text(dir / "out.bin") == expected);
}

TEST(AtomicFile, AcceptsLongAndRelativeNames) {
  const TempDir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  const std::string longest(255, 'n');
  for (const std::string& name : {std::string("plain.txt"), longest}) {
    AtomicFile file(name);
    file.stream() << "x";
    file.commit();
    EXPECT_TRUE(fs::exists(dir / name));
  }
  fs::current_path(before);
}

TEST(AtomicFile, GivesThePermissionsTheUmaskLeaves) {
  const TempDir dir;
  const mode_t before = ::umask(0027);
  AtomicFile file(dir / "out.txt");
  file.commit();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((dir / "out.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST(AtomicFile, FollowsLinks) {
  const TempDir dir;
  fs::create_directory(dir / "real");
  fs::create_symlink("real/target.txt", dir / "link.txt");
  fs::create_symlink("link.txt", dir / "link2.txt");
  for (const std::string text : {"created", "replaced"}) {
    AtomicFile file(dir / "link2.txt");
    file.stream() << text;
    file.commit();
    EXPECT_TRUE(fs::is_symlink(dir / "link2.txt"));
    EXPECT_TRUE(fs::is_symlink(dir / "link.txt"));
    EXPECT_EQ(read_text(dir / "real/target.txt"), text);
  }
}

TEST(AtomicFile, WritesStraightToPipesAndDevices) {
  const TempDir dir;
  const fs::path pipe = dir / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  AtomicFile file(pipe);
  file.stream() << "through";
  file.commit();
  std::string text(7, ' ');
  EXPECT_EQ(::read(reader, text.data(), text.size()), 7);
  ::close(reader);
  EXPECT_EQ(text, "through");
  EXPECT_TRUE(fs::is_fifo(pipe)) << "replaced by a plain file";
}

TEST(AtomicFile, SaysWhyItCannotOpen) {
  const TempDir dir;
  const std::string here = dir.path().string();
  write_text(dir / "file", "");
  fs::create_directory(dir / "folder");
  EXPECT_EQ(message_of(dir / "none/out.txt"),
            "cannot write " + here + "/none/out.txt: No such file or directory");
  EXPECT_EQ(message_of(dir / "file/out.txt"),
            "cannot write " + here + "/file/out.txt: Not a directory");
  EXPECT_EQ(message_of(dir / "folder"), "cannot write " + here + "/folder: it is a folder");
  EXPECT_EQ(message_of(""), "cannot write : no file name given");
  EXPECT_EQ(files_in(dir.path()), 2);
}

TEST(AtomicFile, SaysWhyItCannotWriteAndLeavesNothing) {
  // A limit on file sizes acts like a full disk, and also on root.
  const TempDir dir;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler_before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  {
    AtomicFile file(dir / "out.txt");
    file.stream() << std::string(1000, 'x');
    try {
      file.commit();
    } catch (const IoError& error) {
      message = error.what();
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler_before);
  EXPECT_EQ(message, "cannot write " + (dir / "out.txt").string() + ": File too large");
  EXPECT_EQ(files_in(dir.path()), 0);
}

TEST(AtomicFile, RemembersTheFirstReasonUntilCommit) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  AtomicFile file("/dev/full");
  file.stream() << std::string(1'000'000, 'x');
  EXPECT_FALSE(file.stream());
  try {
    file.commit();
    FAIL() << "no error";
  } catch (const IoError& error) {
    EXPECT_STREQ(error.what(), "cannot write /dev/full: No space left on device");
  }
}

TEST(AtomicFile, DoesNotCommitWhatTheCallerMarkedAsFailed) {
  const TempDir dir;
  AtomicFile file(dir / "out.txt");
  file.stream().setstate(std::ios::failbit);
  EXPECT_THROW(file.commit(), IoError);
  EXPECT_FALSE(fs::exists(dir / "out.txt"));
}

}  // namespace
}  // namespace gondola
