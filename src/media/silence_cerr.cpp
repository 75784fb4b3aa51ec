#include "silence_cerr.hpp"

#include <iostream>
#include <streambuf>
#include <thread>

namespace gondola::media {
namespace {

/// Passes characters on to another buffer unless they come from the muted thread. Unbuffered, as
/// std::cerr is.
class ThreadFilter : public std::streambuf {
 public:
  std::mutex& turn() { return turn_; }

  void install() {
    muted_ = std::this_thread::get_id();
    target_ = std::cerr.rdbuf();
    std::cerr.rdbuf(this);
  }
  void uninstall() { std::cerr.rdbuf(target_); }

 protected:
  int_type overflow(int_type c) override {
    if (is_muted() || traits_type::eq_int_type(c, traits_type::eof()))
      return traits_type::not_eof(c);
    return target_->sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return is_muted() ? count : target_->sputn(text, count);
  }
  int sync() override { return is_muted() ? 0 : target_->pubsync(); }

 private:
  bool is_muted() const { return std::this_thread::get_id() == muted_; }

  std::mutex turn_;
  std::thread::id muted_;
  std::streambuf* target_ = nullptr;
};

/// Lives for ever, so that a thread that is just writing through it never holds a dead buffer.
ThreadFilter& filter() {
  static auto* instance = new ThreadFilter;
  return *instance;
}

}  // namespace

SilenceCerr::SilenceCerr() : turn_(filter().turn()) { filter().install(); }

SilenceCerr::~SilenceCerr() { filter().uninstall(); }

}  // namespace gondola::media
