// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/environment.hpp"

#include "mpi/mpi_start.hpp"
#include "shm/shm_endpoint.hpp"
#include "twill/base/catalogue.hpp"
#include "twill/base/event.hpp"
#include "twill/base/identity.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/machine.hpp"
#include "twill/base/suggest.hpp"
#include "twill/base/version.hpp"
#include "twill/comm/detail/rendezvous.hpp"
#include "twill/comm/run.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

namespace twill::comm {
namespace {

constexpr call_site init_site{.operation = "init"};

enum class stage : int { before, running, after };

std::mutex lifecycle;
std::atomic<stage> now{stage::before};
// The job of this process while it has several ranks: what the hooks below need when nobody unwinds.
std::shared_ptr<detail::rendezvous::memory> job;
int job_rank = 0;
// The same of a job of an MPI library.
std::shared_ptr<detail::mpi_endpoint> mpi_job;
// Which environment it is that runs: a child of fork may make its own beside the copy it inherited.
const any_communicator* running_world = nullptr;
std::terminate_handler former_terminate = nullptr;

void say(const std::string& text) noexcept {
  // These lines are promised to a person whose program ends here; no sink may be relied on any more.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

// In the child of a fork: the rank is its parent, and what this process does in the end is nobody's business.
void in_child() noexcept {
  // ORD release [lifecycle]: pairs with the acquires of the hooks, of queries and of the destructor.
  now.store(stage::before, std::memory_order_release);
}

void on_terminate() {
  // ORD acquire [lifecycle]: pairs with the release when the environment goes, and in a child.
  const bool running = now.load(std::memory_order_acquire) == stage::running;
  if (running && job) {
    detail::rendezvous::record_abort(*job, detail::rendezvous::abort_cause::terminate, job_rank, 4,
                                     fmt::format("rank {} called std::terminate", job_rank));
  }
  if (running && mpi_job) {
    say(fmt::format("comm: rank {} called std::terminate\n", job_rank));
    std::fflush(nullptr);
    mpi_job->abort(4, {}, false);
  }
  std::fflush(nullptr);
  if (former_terminate != nullptr) former_terminate();
  std::abort();
}

void on_exit() {
  // ORD acquire [lifecycle]: pairs with the release when the environment goes.
  if ((!job && !mpi_job) || now.load(std::memory_order_acquire) != stage::running) return;
  const std::string what = fmt::format("rank {} left without ending its environment", job_rank);
  if (mpi_job) mpi_job->abort(4, what, true);
  detail::rendezvous::record_abort(*job, detail::rendezvous::abort_cause::left, job_rank, 4, what);
  say("comm: " + what + "\n");
  std::fflush(nullptr);
  ::_exit(4);
}

check_level level_of(settings& from) {
  if (const auto chosen = from.find_text("comm_check")) {
    for (const auto level :
         {check_level::none, check_level::normal, check_level::collective, check_level::heavy})
      if (name_of(level) == chosen->value) return level;
  }
#ifdef NDEBUG
  const auto level = check_level::normal;
#else
  const auto level = check_level::collective;
#endif
  from.record_default("comm_check", std::string(name_of(level)));
  return level;
}

detail::endpoint_options options_of(const environment_options& o, settings& from) {
  detail::endpoint_options out;
  out.level = o.checks ? *o.checks : level_of(from);
  if (o.timeout) {
    out.timeout = *o.timeout;
  } else if (const auto limit = from.find_duration("comm_timeout")) {
    out.timeout = limit->value;
  }
  out.drop_timeout = from.get_duration("comm_drop_timeout").value;
  if (const auto spin = from.find_integer("shm_spin")) out.spin = static_cast<int>(spin->value);
  return out;
}

std::shared_ptr<execution_topology> describe(backend_kind kind, int rank, int size,
                                             const launch_variables& launch,
                                             const environment_options& options) {
  auto t = std::make_shared<execution_topology>();
  t->backend = kind;
  t->threads = std::max(options.required, thread_level::multiple);
  t->library = library_version();
  t->launcher = launch.launcher;
  t->rank = rank;
  t->size = size;
  // Both backends of this library keep all ranks on one host.
  t->local_rank = rank;
  t->local_size = size;
  t->leader = rank == 0;
  t->hosts.push_back({processor_name(), {}});
  for (int r = 0; r < size; ++r) t->hosts.back().ranks.push_back(r);
  return t;
}

any_communicator open_local(const detail::endpoint_options& options) {
  auto c = std::make_shared<detail::local_context>();
  c->ep = std::make_shared<detail::endpoint>(options);
  c->world = {0};
  return any_communicator(detail::local_engine(std::move(c)));
}

void install_hooks() {
  static const bool hooked = [] {
    former_terminate = std::set_terminate(on_terminate);
    return std::atexit(on_exit) == 0;
  }();
  static_cast<void>(hooked);
}

// What the settings say about reductions and persistent collectives over MPI.
detail::mpi_world open_mpi_world(const launch_variables& launch, const environment_options& options,
                                 const detail::endpoint_options& how, const variable_map& variables,
                                 settings& from, const void* native) {
  const detail::mpi_module module = detail::load_mpi(variables);
  detail::mpi_world made = detail::open_mpi(module, launch, options, how, native);
  detail::mpi_endpoint& here = made.context->home();
  const auto order = from.find_text("comm_reduce_order");
  made.context->any_order = order && order->value == "any";
  const auto nan = from.find_text("comm_nan");
  made.context->native_nan = nan && nan->value == "native";
  const auto persistent = from.find_text("comm_persistent");
  const bool native_persistent = (module.table->features & detail::mpi_native_persistent) != 0;
  if (persistent && persistent->value == "native" && !native_persistent) {
    detail::fail(errc::bad_configuration, {.operation = "init", .backend = backend_kind::mpi},
                 fmt::format("TWILL_COMM_PERSISTENT=native, and {} has no persistent collectives of its own",
                             module.table->library));
  }
  here.set_persistent(native_persistent && !(persistent && persistent->value == "emulate"));
  made.topology->persistent = here.persistent() ? "native" : "emulated";
  if (made.context->size > 1) {
    mpi_job = std::static_pointer_cast<detail::mpi_endpoint>(made.context->ep);
    job_rank = made.context->rank;
    install_hooks();
  }
  return made;
}

any_communicator open_shm(const launch_variables& launch, const detail::endpoint_options& options,
                          settings& from) {
  std::vector<std::string> missing;
  const bool named = !launch.shm_fd && launch.shm_name;
  if (!launch.shm_fd && !named) missing.emplace_back(detail::rendezvous::env_fd);
  if (!launch.rank) missing.emplace_back(detail::rendezvous::env_rank);
  if (!launch.size) missing.emplace_back(detail::rendezvous::env_size);
  if (!missing.empty()) {
    detail::fail(errc::missing_configuration, {.operation = "init", .backend = backend_kind::shm},
                 fmt::format("backend shm lacks {}; start the program with: twill run -n 4 -- PROGRAM",
                             fmt::join(missing, ", ")));
  }
  detail::rendezvous::meeting m;
  if (named) {
    m = {*launch.shm_name, *launch.rank, *launch.size,
         std::chrono::steady_clock::now() + from.get_duration("shm_connect_timeout").value};
    if (const auto limit = from.find_bytes("shm_bytes")) m.limit = limit->value;
  }
  auto memory = named ? detail::rendezvous::memory::meet(m)
                      : detail::rendezvous::memory::attach(*launch.shm_fd, *launch.rank, *launch.size);
  auto ep = std::make_shared<detail::shm_endpoint>(memory, *launch.rank, options);
  if (named) {
    const call_site site{"init", backend_kind::shm, *launch.rank, *launch.size};
    memory->await_all(m, [&] { (void)ep->check_health(site, any_source); });
  }
  if (*launch.size > 1) {
    job = memory;
    job_rank = *launch.rank;
    install_hooks();
  }
  auto world = detail::make_world(std::move(ep));
  return any_communicator(detail::shm_engine(std::move(world)));
}

}  // namespace

environment environment::init(const environment_options& options) {
  settings from = settings::of_process();
  from.declare(catalogue());
  return init(options, from);
}

environment environment::init(const environment_options& options, settings& from) {
  return detail::init_environment(options, from, nullptr);
}

environment detail::init_environment(const environment_options& options, settings& from, const void* native) {
  const std::lock_guard hold(lifecycle);
  // ORD acquire [lifecycle]: pairs with the release below and in the destructor.
  if (now.load(std::memory_order_acquire) == stage::running) {
    detail::fail(errc::already_initialized, init_site, "this process has an environment already");
  }
  if (options.minimum > options.required) {
    detail::fail(errc::init_failed, init_site,
                 fmt::format("thread level {} is wanted at least, and only {} is asked for",
                             name_of(options.minimum), name_of(options.required)));
  }
  const variable_map variables = process_variables::from_env().values;
  std::string requested = native != nullptr ? "mpi" : options.backend;
  if (requested.empty()) {
    const auto found = variables.find("TWILL_COMM");
    // Read here rather than as a choice, so that an unknown name is told with the names that there are.
    if (found != variables.end()) requested = found->second;
  }
  const backend_choice choice = choose_backend(requested, variables);
  const launch_variables launch = launch_variables::of(variables);
  const detail::endpoint_options how = options_of(options, from);
  std::unique_ptr<any_communicator> world;
  std::shared_ptr<execution_topology> t;
  try {
    if (choice.kind == backend_kind::mpi) {
      detail::mpi_world made = open_mpi_world(launch, options, how, variables, from, native);
      t = std::move(made.topology);
      world = std::make_unique<any_communicator>(detail::mpi_engine(std::move(made.context)));
    } else {
      world = std::make_unique<any_communicator>(
          choice.kind == backend_kind::shm ? open_shm(launch, how, from) : open_local(how));
      t = describe(choice.kind, world->rank(), world->size(), launch, options);
    }
  } catch (...) {
    job.reset();
    mpi_job.reset();
    throw;
  }
  world->engine().ctx().ep->set_topology(t);
  static const int children = ::pthread_atfork(nullptr, nullptr, in_child);
  static_cast<void>(children);
  running_world = world.get();
  set_process_rank(world->rank());
  // ORD release [lifecycle]: pairs with the acquires of the hooks and queries.
  now.store(stage::running, std::memory_order_release);
  return {std::move(world), t};
}

environment::environment(environment&& other) noexcept = default;

environment::~environment() {
  if (!world_) return;
  const std::lock_guard hold(lifecycle);
  // ORD acquire [lifecycle]: pairs with the release in in_child.
  if (now.load(std::memory_order_acquire) != stage::running || running_world != world_.get()) {
    // A copy in the child of a fork: its end is the parent's, so it stays.
    [[maybe_unused]] static const any_communicator* const kept = world_.release();
    return;
  }
  world_->engine().ctx().ep->finalize();
  world_.reset();
  // ORD release [lifecycle]: pairs with the acquires of the hooks and queries.
  now.store(stage::after, std::memory_order_release);
  job.reset();
  mpi_job.reset();
}

// ORD acquire [lifecycle]: pairs with the releases above.
bool is_initialized() noexcept { return now.load(std::memory_order_acquire) == stage::running; }
// ORD acquire [lifecycle]: pairs with the releases above.
bool is_finalized() noexcept { return now.load(std::memory_order_acquire) == stage::after; }

std::string library_version() {
  return fmt::format("twill comm {} (local, shm{})", build_info().version,
                     detail::how_mpi_is_delivered() == detail::mpi_delivery::off ? "" : ", mpi");
}
std::string standard_version() { return "twill.comm 1"; }

double wtime() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double wtick() noexcept {
  timespec t{};
  ::clock_getres(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::string processor_name() { return inspect_machine().hostname; }

std::vector<std::string> available_backends() {
  std::vector<std::string> out{"local", "shm"};
  switch (detail::how_mpi_is_delivered()) {
    case detail::mpi_delivery::off: break;
    case detail::mpi_delivery::link:
      out.push_back(fmt::format("mpi (linked: {})", detail::load_mpi({}).table->library));
      break;
    case detail::mpi_delivery::plugin: {
      const std::vector<std::string> found = detail::modules_found();
      out.push_back(found.empty() ? std::string("mpi (no plug-ins found)")
                                  : fmt::format("mpi (plug-ins: {})", fmt::join(found, ", ")));
      break;
    }
  }
  return out;
}

std::string describe_mpi_module(const std::string& path) {
  const detail::mpi_table& table = *detail::open_module(path);
  return fmt::format("{}, {}", table.library, table.built);
}

backend_choice choose_backend(std::string_view requested, const variable_map& variables) {
  const launch_variables launch = launch_variables::of(variables);
  const std::string built = fmt::format("{}", fmt::join(available_backends(), ", "));
  const bool with_mpi = detail::how_mpi_is_delivered() != detail::mpi_delivery::off;
  if (!requested.empty() && requested != "auto") {
    if (requested == "local") return {backend_kind::local, "asked for"};
    if (requested == "shm") return {backend_kind::shm, "asked for"};
    if (requested == "mpi" && with_mpi) return {backend_kind::mpi, "asked for"};
    if (requested == "mpi") {
      detail::fail(
          errc::backend_unavailable, init_site,
          fmt::format(
              "backend mpi is not built in; built in: {}; configure with TWILL_COMM_MPI=PLUGIN to add it",
              built));
    }
    constexpr std::array<std::string_view, 4> known{"auto", "local", "shm", "mpi"};
    const std::string near = nearest_name(requested, known);
    detail::fail(errc::unknown_backend, init_site,
                 fmt::format("no backend is called {}; known: auto, local, shm, mpi; built in: {}{}",
                             requested, built, near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (launch.shm_fd) return {backend_kind::shm, "started by twill run"};
  if (launch.shm_name) return {backend_kind::shm, "ranks meet at TWILL_SHM_NAME"};
  if (launch.mpi_strong && launch.size.value_or(2) > 1) {
    if (with_mpi) return {backend_kind::mpi, fmt::format("started by {}", launch.launcher)};
    detail::fail(
        errc::backend_unavailable, init_site,
        fmt::format(
            "started by {} as one of {} ranks, and backend mpi is not built in: every rank would run the "
            "whole job; built in: {}; configure with TWILL_COMM_MPI=PLUGIN, or use twill run",
            launch.launcher, launch.size ? std::to_string(*launch.size) : "several", built));
  }
  if (launch.slurm_step) {
    detail::fail(
        errc::backend_unavailable, init_site,
        fmt::format("a task of {} of a Slurm step without an MPI launcher's variables; use srun --mpi=pmi2 "
                    "(MPICH) or srun --mpi=pmix (Open MPI)",
                    launch.size.value_or(0)));
  }
  return {backend_kind::local, "no launcher was found"};
}

std::string selection_error_json(const error& e, std::string_view requested) {
  json_writer w;
  w.begin_object();
  w.member("kind", e.code_name());
  w.member("message", e.what());
  w.key("context").begin_object();
  w.member("setting", "comm");
  w.member("requested", requested);
  w.key("available").begin_array();
  for (const auto& name : available_backends()) w.value(name);
  w.end_array();
  w.end_object();
  const bool no_module =
      e.code() == errc::backend_unavailable && detail::how_mpi_is_delivered() == detail::mpi_delivery::plugin;
  w.member("suggestion", e.code() == errc::missing_configuration ? "twill run -n 4 -- PROGRAM"
                         : no_module                             ? "twill mpi build --mpicc=mpicxx"
                                                                 : "twill doctor");
  w.end_object();
  return w.take();
}

}  // namespace twill::comm
