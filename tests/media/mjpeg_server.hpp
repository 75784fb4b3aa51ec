#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "gondola/core/box.hpp"

namespace gondola::test {

/// What many network cameras are: a web server on this machine that sends numbered pictures, see
/// numbered_picture(), as Motion JPEG to one client at a time, until destroyed.
class MjpegServer {
 public:
  /// @param port 0 = any that is free
  MjpegServer(Size size, double fps, int port = 0);
  ~MjpegServer();
  MjpegServer(const MjpegServer&) = delete;
  MjpegServer& operator=(const MjpegServer&) = delete;

  int port() const { return port_; }
  std::string address() const;

  /// Keeps the connection but sends nothing; its camera's time goes on.
  void freeze(bool frozen) { frozen_ = frozen; }

  /// Closes the connection there is; the next one is served as before.
  void hang_up() { hang_up_ = true; }

  /// Number of the picture sent last, -1 at first.
  int last_sent() const { return last_sent_; }

 private:
  void run();
  void serve(int client);
  bool send_all(int client, const std::string& bytes) const;

  Size size_;
  double fps_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> frozen_{false};
  std::atomic<bool> hang_up_{false};
  std::atomic<int> last_sent_{-1};
  int number_ = 0;
  std::thread thread_;
};

}  // namespace gondola::test
