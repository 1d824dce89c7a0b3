// SPDX-License-Identifier: Apache-2.0
#include "kept_communicator.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace twill::hybrid::detail {
namespace {

struct keeper {
  std::mutex mutex;
  std::unique_ptr<comm::environment> environment;
  long pid = 0;
};

// Never destroyed: `leave` empties it before anything that it refers to goes.
keeper& kept() {
  static auto* const one = new keeper;
  return *one;
}

// In the child of a fork the job is the parent's business; the copy stays as it is.
std::unique_ptr<comm::environment> take() {
  const std::lock_guard hold(kept().mutex);
  if (kept().pid != ::getpid()) return nullptr;
  return std::move(kept().environment);
}

void leave() { take().reset(); }

}  // namespace

comm::environment open_environment(const comm::environment_options& options, settings& from) {
  if (auto former = take()) {
    if (options.backend != "local") return std::move(*former);
    // One process alone was asked for: it cannot be a rank of the job besides.
    former.reset();
  }
  return comm::environment::init(options, from);
}

void keep_environment(comm::environment here) noexcept {
  if (here.world().backend() == comm::backend_kind::local) return;
  // Registered after the communicator's own handler, which takes a rank that still has one for lost, and so
  // called before it.
  static const bool leaves = std::atexit(leave) == 0;
  if (!leaves) return;
  const std::lock_guard hold(kept().mutex);
  kept().environment = std::make_unique<comm::environment>(std::move(here));
  kept().pid = ::getpid();
}

}  // namespace twill::hybrid::detail
