#include "media/mjpeg_server.hpp"

#include <chrono>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/media/write_image.hpp"
#include "media/numbered_video.hpp"
#include "support/shared_data.hpp"

namespace gondola::test {
namespace {

std::string jpeg_of(const cv::Mat& picture) {
  const TempDir dir;
  media::write_image((dir / "picture.jpg").string(), picture);
  return read_text(dir / "picture.jpg");
}

}  // namespace

MjpegServer::MjpegServer(Size size, double fps, int port) : size_(size), fps_(fps) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  here.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t length = sizeof here;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), length) != 0 ||
      ::listen(listener_, 4) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &length) != 0)
    throw std::runtime_error(concat("no server on port ", port));
  port_ = ntohs(here.sin_port);
  thread_ = std::thread([this] { run(); });
}

MjpegServer::~MjpegServer() {
  stopped_ = true;
  thread_.join();
  ::close(listener_);
}

std::string MjpegServer::address() const { return concat("http://127.0.0.1:", port_, "/camera"); }

void MjpegServer::run() {
  while (!stopped_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    serve(client);
    ::close(client);
  }
}

void MjpegServer::serve(int client) {
  char request[2048];
  if (::recv(client, request, sizeof request, 0) <= 0) return;
  bool is_open = send_all(client,
                          "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: "
                          "multipart/x-mixed-replace;boundary=picture\r\n\r\n");
  auto next = std::chrono::steady_clock::now();
  while (is_open && !stopped_ && !hang_up_) {
    std::this_thread::sleep_until(next);
    next += std::chrono::microseconds(static_cast<std::int64_t>(1e6 / fps_));
    const int number = number_++ % 4096;
    if (frozen_) continue;
    const std::string jpeg = jpeg_of(numbered_picture(number, size_));
    is_open = send_all(client, concat("--picture\r\nContent-Type: image/jpeg\r\nContent-Length: ",
                                      jpeg.size(), "\r\n\r\n", jpeg, "\r\n"));
    last_sent_ = number;
  }
  hang_up_ = false;
}

bool MjpegServer::send_all(int client, const std::string& bytes) const {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace gondola::test
