#include "train_processes.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "interrupt.hpp"

namespace gondola::app {
namespace {

namespace fs = std::filesystem;

// `RANK FILE`, for run_training_processes() to tell its processes who they are.
constexpr const char* kVariable = "GONDOLA_TRAINING_PROCESS";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// For what the processes share while they run; local, because they need file locks.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "gondola-train-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw IoError(concat("cannot make a folder ", pattern, ": ", std::strerror(errno)));
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

class Processes {
 public:
  explicit Processes(std::vector<std::string> devices) : devices_(std::move(devices)) {
    arguments_ = split(read_file("/proc/self/cmdline"), '\0');
    arguments_.pop_back();  // what follows the last one's end
    for (std::size_t rank = 0; rank < devices_.size(); ++rank) start(static_cast<int>(rank));
  }

  // No process outlives this one: they would wait for each other.
  ~Processes() {
    for (const Child& child : children_) {
      if (!child.status) kill(child.id, SIGKILL);
    }
    for (const Child& child : children_) {
      if (!child.status) waitpid(child.id, nullptr, 0);
    }
  }
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  int wait() {
    using Clock = std::chrono::steady_clock;
    // Until then a process that only lost its peers has noticed, and others have said their word.
    constexpr std::chrono::seconds kGrace{5};
    constexpr std::chrono::milliseconds kPause{20};
    const Interrupt interrupt;
    bool passed_on = false;
    std::optional<Clock::time_point> failed;
    while (running() > 0 && !(failed && Clock::now() - *failed > kGrace)) {
      if (interrupt.requested() && !std::exchange(passed_on, true)) kill(first().id, SIGTERM);
      for (Child& child : children_) look_at(child);
      if (failed_by_itself(first())) break;
      const bool any_failed =
          std::any_of(children_.begin(), children_.end(),
                      [](const Child& child) { return child.status && code_of(child) != 0; });
      if (any_failed && !failed) failed = Clock::now();
      std::this_thread::sleep_for(kPause);
    }
    return outcome(passed_on);
  }

 private:
  struct Child {
    pid_t id = 0;
    std::optional<int> status;  // as waitpid() gives it; none while it runs
  };

  // Exit code; 128 + N for signal N, as shells count.
  static int code_of(const Child& child) {
    return WIFEXITED(*child.status) ? WEXITSTATUS(*child.status) : 128 + WTERMSIG(*child.status);
  }

  const Child& first() const { return children_.front(); }
  fs::path log_of(std::size_t rank) const { return folder_ / concat("process-", rank, ".log"); }

  std::ptrdiff_t running() const {
    return std::count_if(children_.begin(), children_.end(),
                         [](const Child& child) { return !child.status; });
  }

  static void look_at(Child& child) {
    int status = 0;
    if (!child.status && waitpid(child.id, &status, WNOHANG) == child.id) child.status = status;
  }

  void start(int rank) {
    const std::string log = log_of(static_cast<std::size_t>(rank)).string();
    const std::string variable = concat(rank, " ", (folder_ / "meeting").string());
    std::vector<char*> pointers;
    for (std::string& argument : arguments_) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t id = fork();
    if (id < 0) throw Error(concat("cannot start a process: ", std::strerror(errno)));
    if (id > 0) {
      children_.push_back({id, std::nullopt});
      return;
    }
    // The death of the parent ends it, also when that was before it could ask for this.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kPeerLostExit);
    // A terminal sends Ctrl-C to all; it is the parent that passes it on.
    std::signal(SIGINT, SIG_IGN);
    if (rank > 0) {
      const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (file >= 0) dup2(file, STDERR_FILENO);
    }
    setenv(kVariable, variable.c_str(), /*overwrite=*/1);
    execv("/proc/self/exe", pointers.data());
    _exit(127);
  }

  // By an error of its own, not because of another's end.
  static bool failed_by_itself(const Child& child) {
    return child.status && code_of(child) != 0 && code_of(child) != kPeerLostExit;
  }

  int outcome(bool stopped) const {
    if (failed_by_itself(first())) {
      // It has told its error, which the others may well share.
      if (WIFEXITED(*first().status)) return code_of(first());
      if (stopped) throw Error("stopped before there was anything to save");
    }
    for (std::size_t rank = 0; rank < children_.size(); ++rank) {
      if (!failed_by_itself(children_[rank])) continue;
      throw Error(concat("training process ", rank + 1, " of ", children_.size(), " (",
                         devices_[rank], ") ", what_happened(rank)));
    }
    if (first().status && code_of(first()) == 0) return 0;
    throw Error(
        "the training processes have lost each other; go on from the last checkpoint with "
        "--resume");
  }

  std::string what_happened(std::size_t rank) const {
    const int status = *children_[rank].status;
    if (WIFSIGNALED(status)) {
      return concat("was killed (", strsignal(WTERMSIG(status)),
                    "); go on from the last checkpoint with --resume");
    }
    const std::string log = read_file(log_of(rank));
    const std::string said(trim(log));
    const std::string line = said.substr(said.rfind('\n') + 1);
    return concat("failed: ", starts_with(line, "error: ") ? line.substr(7) : line);
  }

  TemporaryFolder folder_;
  std::vector<std::string> devices_;
  std::vector<std::string> arguments_;
  std::vector<Child> children_;
};

}  // namespace

std::vector<std::string> training_devices(const std::string& device, int processes) {
  const std::vector<std::string> listed = split(device, ',');
  if (listed.size() == 1) {
    if (processes > 1 && device != "cpu") {
      throw ConfigError(concat("--processes ", processes, " with --device ", device,
                               ": a GPU takes one process; list several, as in --device "
                               "cuda:0,cuda:1"));
    }
    return std::vector<std::string>(static_cast<std::size_t>(std::max(processes, 1)), device);
  }
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (!starts_with(listed[i], "cuda:")) {
      throw ConfigError(concat("--device ", device, ": '", listed[i],
                               "' in a list; list GPUs, as in cuda:0,cuda:1, or use --processes "
                               "for the CPU"));
    }
    if (std::count(listed.begin(), listed.end(), listed[i]) > 1) {
      throw ConfigError(concat("--device ", device, ": ", listed[i], " is there twice"));
    }
  }
  if (processes > 1 && static_cast<std::size_t>(processes) != listed.size()) {
    throw ConfigError(concat("--processes ", processes, " with ", listed.size(),
                             " devices: each device takes one process; leave --processes out"));
  }
  return listed;
}

std::optional<TrainingProcess> this_training_process() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  const std::string text = value;
  const std::size_t blank = text.find(' ');
  const auto rank = parse_number<int>(text.substr(0, blank));
  if (!rank || blank == std::string::npos) {
    throw ConfigError(concat(kVariable, "='", text, "' is gondola's own; unset it"));
  }
  return TrainingProcess{*rank, text.substr(blank + 1)};
}

int run_training_processes(const std::vector<std::string>& devices) {
  return Processes(devices).wait();
}

}  // namespace gondola::app
