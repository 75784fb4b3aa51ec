#pragma once

namespace gondola::app {

/// While it lives, the first Ctrl-C (or SIGTERM) only sets a flag, so that output is finished
/// properly; a second one ends the process at once. One at a time per process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;
};

}  // namespace gondola::app
