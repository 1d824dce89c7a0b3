// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"
#include "kept_communicator.hpp"
#include "objects.hpp"
#include "state.hpp"
#include "twill/base/catalogue.hpp"
#include "twill/base/cpu.hpp"
#include "twill/base/event.hpp"
#include "twill/base/file.hpp"
#include "twill/base/identity.hpp"
#include "twill/base/trace.hpp"
#include "twill/base/version.hpp"
#include "twill/hybrid/collective_try.hpp"
#include "twill/hybrid/phases.hpp"
#include "twill/par/broadcast.hpp"
#include "twill/par/error.hpp"
#include "twill/par/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <unistd.h>

namespace twill::hybrid {
namespace {

// The process that has a runtime; 0: none. A child of fork has another number and so none.
constinit std::atomic<long> holder{0};

settings process_settings() {
  settings all = settings::of_process();
  all.declare(catalogue());
  return all;
}

}  // namespace

std::string_view name_of(step s) noexcept {
  switch (s) {
    case step::options: return "options";
    case step::suppress: return "suppress";
    case step::communicator: return "communicator";
    case step::topology: return "topology";
    case step::local_comm: return "local_comm";
    case step::binding: return "binding";
    case step::numa: return "numa";
    case step::pool: return "pool";
    case step::regions: return "regions";
    case step::workspaces: return "workspaces";
    case step::agreement: return "agreement";
    case step::report: return "report";
    case step::signals: return "signals";
  }
  return "unknown";
}

stall_watch::stall_watch(double seconds)
    : thread_([this, seconds](std::stop_token stop) {
        const std::chrono::duration<double> period(seconds);
        std::unique_lock lock(mutex_);
        std::uint64_t before = 0;
        while (!wake_.wait_for(lock, stop, period, [&stop] { return stop.stop_requested(); })) {
          const whereabouts here = current_whereabouts();
          if (here.sequence == before && std::strcmp(here.operation, "none") != 0)
            dump_whereabouts(STDERR_FILENO);
          before = here.sequence;
        }
      }) {}

stall_watch::~stall_watch() {
  thread_.request_stop();
  thread_.join();
}

runtime::state::state(options asked)
    : with(std::move(asked)),
      pid(::getpid()),
      from(process_settings()),
      variables(comm::process_variables::from_env().values) {}

template <class F>
void runtime::state::perform(step s, bool agreed, F&& f) {
  const auto begins = [&] {
    if (with.observer) with.observer(s, step_event::begins);
  };
  const auto work = [&] {
    f();
    done.push_back(s);
  };
  // Before a step with collectives of its own, so that a rank that does not begin it is not waited for there.
  if (environment) {
    collective_try(environment->world(), begins);
  } else {
    begins();
  }
  if (agreed) {
    collective_try(environment->world(), work);
  } else {
    work();
  }
  topology.steps.emplace_back(name_of(s), "done");
  if (with.observer) with.observer(s, step_event::done);
}

void runtime::state::start(bool* told) {
  try {
    perform(step::options, false, [this] { parse_options(); });
    perform(step::suppress, false, [this] {
      suppressed = suppress_solver_threads(with.solver_threads);
      for (const std::string& w : suppressed.warnings) topology.warnings.push_back("solver threads: " + w);
    });
    perform(step::communicator, false, [this] { open_communicator(); });
    perform(step::topology, true, [this] { find_topology(); });
    perform(step::local_comm, true, [this] { node.emplace(environment->world().split_local()); });
    perform(step::binding, true, [this] { plan_and_bind(); });
    perform(step::numa, true, [this] { set_numa_policy(); });
    perform(step::pool, true, [this] { open_pool(); });
    perform(step::regions, true, [this] { make_regions(); });
    perform(step::workspaces, true, [this] { make_workspaces(); });
    perform(step::agreement, false, [this] { check_agreement(); });
    perform(step::report, false, [this] { make_report(); });
    perform(step::signals, false, [this] {
      if (!with.handle_signals) return;
      clear_requests();
      handlers.emplace();
      if (with.stall_report > 0) watch.emplace(with.stall_report);
    });
    complete = true;
  } catch (const std::exception& e) {
    if (told != nullptr) *told = tell_before_leaving(e);
    stop();
    throw;
  } catch (...) {
    stop();
    throw;
  }
}

// A launcher may end all ranks as soon as one has ended with a code, so none may until one has told why.
bool runtime::state::tell_before_leaving(const std::exception& e) noexcept {
  if (!environment || !detail::is_agreed(e)) return false;
  detail::tell_once(e);
  try {
    environment->world().barrier();
  } catch (const std::exception&) {
    // A rank that is lost meanwhile changes nothing: this one leaves with the code of what it told.
  }
  return true;
}

void runtime::state::stop() noexcept {
  while (!done.empty()) {
    const step s = done.back();
    done.pop_back();
    undo(s);
    if (with.observer) with.observer(s, step_event::undone);
  }
}

void runtime::state::undo(step s) noexcept {
  switch (s) {
    case step::signals:
      watch.reset();
      handlers.reset();
      break;
    case step::report: end_trace(); break;
    case step::agreement: break;
    case step::workspaces: drop_workspaces(); break;
    case step::regions: regions.clear(); break;
    case step::pool:
      if (pool_is_ours) par::shutdown_global();
      pool_is_ours = false;
      detail::restore_floating_point(former_floating_point);
      break;
    case step::numa:
      if (former_policy) static_cast<void>(detail::set_memory_policy(*former_policy));
      break;
    case step::binding:
      if (bound) static_cast<void>(detail::bind_thread(former_cpus));
      bound = false;
      break;
    case step::local_comm: node.reset(); break;
    case step::topology: break;
    case step::communicator:
      // What a failed start leaves behind is not kept: ranks may be gone.
      if (complete && with.keep_job) detail::keep_environment(std::move(*environment));
      environment.reset();
      break;
    case step::suppress: restore_solver_threads(suppressed); break;
    case step::options:
      // ORD relaxed [holder]: a number that other threads only compare.
      holder.store(0, std::memory_order_relaxed);
      break;
  }
}

void runtime::state::parse_options() {
  // ORD relaxed [holder]: a number that other threads only compare.
  if (holder.load(std::memory_order_relaxed) == pid) {
    throw error(errc::already_started, {.what = "this process has a runtime already", .where = location{}});
  }
  from.check();
  for (const diagnosis& d : from.unknown())
    topology.warnings.push_back(d.hint.empty() ? d.what : d.what + ": " + d.hint);
  placement = with.numa ? *with.numa : parse_memory_placement(from.get_text("numa").value);
  machine = inspect_machine();
  thread_sources sources{.argument = with.threads,
                         .argument_name = with.threads_name,
                         .file = with.file_threads,
                         .file_name = with.file_name,
                         .variables = variables,
                         .affinity = machine.affinity_cpus,
                         .quota = machine.cgroup_cpu_quota};
  const bool alone = with.communication.backend == "local";
  sources.local_size = alone ? 1 : comm::launch_variables::of(variables).local_size.value_or(1);
  // A first answer, before any rank was asked: malformed values end here, and ranks that share CPUs do not
  // spin.
  threads = choose_threads(sources);
  if (threads.oversubscribed && !from.find_integer("shm_spin")) from.set_flag("shm_spin", "0");
  // ORD relaxed [holder]: as above.
  holder.store(pid, std::memory_order_relaxed);
}

void runtime::state::open_communicator() {
  environment.emplace(detail::open_environment(with.communication, from));
  const comm::launch_variables announced = comm::launch_variables::of(variables);
  const int size = environment->world().size();
  const bool alone = environment->world().backend() == comm::backend_kind::local;
  if (!alone && announced.size && *announced.size != size) {
    const int expected = *announced.size;
    environment.reset();
    throw error(errc::ranks_disagree,
                {.what = "the launcher announces another number of ranks than there are",
                 .where = location{},
                 .found = std::to_string(size),
                 .expected = std::to_string(expected),
                 .hint = "the launcher belongs to another communication library"});
  }
}

void runtime::state::find_topology() {
  const comm::execution_topology& t = environment->topology();
  const build_information& build = build_info();
  topology.version = build.version;
  topology.build = fmt::format("{}, {}", build.compiler, build.build_type);
  topology.build_id = detail::build_id();
  topology.backend = name_of(t.backend);
  topology.library = t.library;
  topology.standard = comm::standard_version();
  topology.requested_level = name_of(with.communication.required);
  topology.provided_level = name_of(t.threads);
  const bool mpi = t.backend == comm::backend_kind::mpi;
  topology.persistent = mpi ? from.get_text("comm_persistent").value : "native";
  if (mpi) {
    const auto plugin = from.find_text("mpi_plugin");
    topology.plugin = plugin ? plugin->value : detail::loaded_library("libtwill_mpi_");
  }
  topology.launcher = t.launcher;
  topology.hosts = t.hosts;
  topology.scheduler = scheduler_facts::of(variables);
  topology.solver = with.solver;
  topology.suppression = suppressed.to_string();
  topology.simd = name(active_simd_level());
  topology.reduction_order = from.get_text("comm_reduce_order").value;
  topology.check_level = name_of(environment->world().level());
  const auto limit = from.find_duration("comm_timeout");
  const auto timeout = with.communication.timeout ? *with.communication.timeout
                       : limit                    ? limit->value
                                                  : std::chrono::nanoseconds(0);
  topology.timeout =
      timeout.count() == 0 ? "off" : fmt::format("{:g} s", std::chrono::duration<double>(timeout).count());
}

void runtime::state::plan_and_bind() {
  binding_request request;
  request.machine_cpus = machine.online_cpus.value_or(machine.affinity.size());
  request.domains = detail::domain_cpus();
  request.cores = detail::core_cpus();
  const auto masks = node->allgatherv(machine.affinity);
  for (std::size_t r = 0; r < masks.size(); ++r) request.masks.emplace_back(masks[r].begin(), masks[r].end());
  std::vector<int> seen;
  std::size_t total = 0;
  for (const auto& mask : request.masks) {
    seen.insert(seen.end(), mask.begin(), mask.end());
    total += mask.size();
  }
  std::ranges::sort(seen);
  const bool disjoint = std::ranges::adjacent_find(seen) == seen.end() && total != 0;
  threads = choose_threads({.argument = with.threads,
                            .argument_name = with.threads_name,
                            .file = with.file_threads,
                            .file_name = with.file_name,
                            .variables = variables,
                            .affinity = machine.affinity_cpus,
                            .quota = machine.cgroup_cpu_quota,
                            .local_size = node->size(),
                            .masks_disjoint = disjoint});
  if (threads.oversubscribed)
    topology.warnings.push_back(
        fmt::format("oversubscribed x{:.2f}: {} threads ({}) where {} CPUs are allowed", threads.factor,
                    threads.threads, threads.source, threads.allowed));
  request.threads = threads.threads;
  const binding_plan chosen = plan_binding(request, static_cast<std::size_t>(node->rank()));
  if (chosen.identical_masks && node->size() > 1)
    topology.warnings.emplace_back("ranks of this node have the same CPUs: the launcher binds none");
  if (ranks_share_cores(request))
    topology.warnings.emplace_back("ranks of this node have threads of one core");
  binding_text = chosen.text;
  former_cpus = machine.affinity;
  if (!with.bind || from.get_text("pin").from != origin::automatic) {
    binding_text = with.bind ? "as TWILL_PIN says" : "not asked for";
  } else if (!chosen.cpus.empty()) {
    const int code = detail::bind_thread(chosen.cpus);
    bound = code == 0;
    if (!bound) binding_text = fmt::format("refused: {}", std::strerror(code));
  }
}

void runtime::state::set_numa_policy() {
  former_policy = detail::thread_memory_policy();
  const int code = detail::set_memory_policy(detail::kernel_form(placement));
  placement_text = fmt::format("{}{}", name_of(placement.policy),
                               code == 0 ? "" : fmt::format(" (refused: {})", std::strerror(code)));
  if (code != 0) former_policy.reset();
}

void runtime::state::prepare_thread() noexcept {
  detail::set_floating_point(with.flush_denormals);
  if (former_policy) static_cast<void>(detail::set_memory_policy(detail::kernel_form(placement)));
  if (with.solver_threads == suppression::enforce) suppress_solver_threads_here();
}

void runtime::state::build_or_adopt_pool() {
  try {
    par::thread_pool_builder{}
        .num_threads(threads.threads)
        // A borrowed seat would run a worker's item on a thread that was not prepared.
        .guest_slots(0)
        .thread_name([](std::size_t i) { return fmt::format("twill-{}", i); })
        .start_handler([this](std::size_t i) {
          trace::name_this_thread(fmt::format("worker {}", i));
          prepare_thread();
        })
        .build_global();
    pool_is_ours = true;
  } catch (const par::error& e) {
    if (e.code() != par::errc::global_pool_already_initialized) throw;
    const par::pool_description there = par::describe_current_pool();
    if (there.num_threads != threads.threads) {
      throw error(errc::pool_mismatch,
                  {.what = "the process has a global pool already, of another size",
                   .where = location{},
                   .found = fmt::format("{} threads ({})", there.num_threads, there.num_threads_origin),
                   .expected = fmt::format("{} ({})", threads.threads, threads.source),
                   .hint = "start the runtime before the first use of par, or call par::shutdown_global"});
    }
    par::broadcast([this](par::broadcast_context) { prepare_thread(); });
  }
}

void runtime::state::open_pool() {
  former_floating_point = detail::floating_point_state();
  prepare_thread();
  try {
    build_or_adopt_pool();
  } catch (...) {
    detail::restore_floating_point(former_floating_point);
    throw;
  }
}

void runtime::state::make_regions() {
  memory_request request = with.memory;
  for (const shared_data& d : with.shared) request.shared += d.bytes;
  const memory_limit limit = node_memory_limit(machine, variables, from.get_real("memory_fraction").value);
  plan = plan_memory(request, node->size(), threads.threads, limit, with.share);
  plan.check();
  topology.memory = plan;
  std::exception_ptr failed;
  for (const shared_data& d : with.shared) {
    regions.emplace_back(d.name, shared_array<std::byte>(*node, d.bytes, plan.shares, with.share,
                                                         region_placement(placement, d.bytes)));
    shared_array<std::byte>& array = regions.back().second;
    // What a fill throws waits until this rank has fenced, or the others of the node would wait there.
    const auto fill = [&](std::size_t begin, std::span<std::byte> part) {
      try {
        if (d.fill) d.fill(begin, part);
      } catch (const std::exception&) {
        if (!failed) failed = std::current_exception();
      }
    };
    if (d.by_leader) {
      array.fill_by_leader([&](std::span<std::byte> all) { fill(0, all); });
    } else {
      array.fill_distributed(fill);
    }
  }
  if (failed) {
    regions.clear();
    std::rethrow_exception(failed);
  }
}

std::vector<bool> runtime::state::place_workspaces() {
  const std::uint64_t expected = detail::floating_point_state();
  return par::broadcast([&](par::broadcast_context who) {
    workspaces[who.index()].value = with.workspace.make(who.index());
    if (detail::floating_point_state() != expected) {
      throw twill::error(twill::errc::internal,
                         {.what = "a worker computes with another floating-point state than the main thread",
                          .where = location{}});
    }
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto at = reinterpret_cast<std::uintptr_t>(workspaces[who.index()]->get()) / page * page;
    const auto domain = page_domains({reinterpret_cast<const std::byte*>(at), page}, 1);
    const auto here = detail::current_domain();
    return domain && here && domain->front() != *here;
  });
}

void runtime::state::drop_workspaces() {
  if (!workspaces.empty())
    par::broadcast([this](par::broadcast_context who) { workspaces[who.index()]->reset(); });
  workspaces.clear();
}

void runtime::state::make_workspaces() {
  if (!with.workspace.make) return;
  workspaces = std::vector<padded<std::shared_ptr<void>>>(threads.threads);
  std::vector<bool> far;
  try {
    far = place_workspaces();
  } catch (...) {
    drop_workspaces();
    throw;
  }
  if (const auto n = std::ranges::count(far, true); n != 0 && placement.policy == memory_policy::local)
    topology.warnings.push_back(
        fmt::format("{} workspaces lie on another memory domain than their worker", n));
}

void runtime::state::check_agreement() {
  struct field {
    const char* name;
    std::uint64_t value;
  };
  const auto hash = [](std::string_view text) { return std::uint64_t{crc32c(text)}; };
  const std::array<field, 7> fields{{{"version", hash(topology.version)},
                                     {"build", hash(topology.build + topology.build_id)},
                                     {"case", with.case_hash},
                                     {"options", with.options_hash},
                                     {"threads", threads.threads},
                                     {"floating-point state", detail::floating_point_state()},
                                     {"vector level", hash(topology.simd)}}};
  std::array<std::uint64_t, fields.size()> mine{};
  for (std::size_t i = 0; i < fields.size(); ++i) mine[i] = fields[i].value;
  auto& world = environment->world();
  std::vector<std::uint64_t> all(mine.size() * static_cast<std::size_t>(world.size()));
  world.allgather(mine, all);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::vector<int> others;
    for (std::size_t r = 0; r < static_cast<std::size_t>(world.size()); ++r)
      if (all[r * mine.size() + i] != all[i]) others.push_back(static_cast<int>(r));
    if (others.empty()) continue;
    throw error(errc::ranks_disagree,
                {.what = fmt::format("ranks {} differ from rank 0 in: {}", ranges_of(others), fields[i].name),
                 .where = location{},
                 .found = fmt::format("{}", all[static_cast<std::size_t>(others.front()) * mine.size() + i]),
                 .expected = fmt::format("{}", all[i])});
  }
}

void runtime::state::make_report() {
  auto& world = environment->world();
  topology.floating_point = detail::describe_floating_point(detail::floating_point_state());
  const auto domains = detail::domain_cpus();
  const std::vector<int> cpus = detail::thread_cpus();
  std::vector<int> nodes;
  for (std::size_t d = 0; d < domains.size(); ++d) {
    if (std::ranges::any_of(domains[d], [&](int cpu) { return std::ranges::binary_search(cpus, cpu); }))
      nodes.push_back(static_cast<int>(d));
  }
  const rank_facts mine{.pid = pid,
                        .local_rank = node->rank(),
                        .host = machine.hostname,
                        .cpus = ranges_of(cpus),
                        .nodes = ranges_of(nodes),
                        .threads = threads.threads,
                        .threads_source = threads.source,
                        .binding = binding_text,
                        .placement = placement_text,
                        .memory_limit = plan.limit.bytes.value_or(0),
                        .memory_source = plan.limit.source,
                        .factor = threads.factor};
  topology.ranks = detail::gather_facts(world, mine);
  if (world.rank() == 0 && with.report != report_form::none) {
    const std::string text =
        with.report == report_form::json ? topology.to_json() + "\n" : topology.to_string();
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  }
  for (const std::string& w : topology.warnings) emit(event_level::warning, "hybrid.start", w);
  emit(event_level::info, "hybrid.started", "ranks and threads are ready",
       {{"rank", world.rank()},
        {"ranks", world.size()},
        {"threads", threads.threads},
        {"threads_source", threads.source},
        {"binding", binding_text},
        {"backend", topology.backend}});
  begin_trace();
}

void runtime::state::begin_trace() {
  const auto path = from.find_text("trace");
  if (!path || trace::active()) return;
  trace::name_this_thread("main");
  // Sessions of all ranks begin together, so that their times can stand side by side.
  environment->world().barrier();
  trace::start({.path = path->value});
  tracing = true;
}

void runtime::state::end_trace() noexcept {
  if (!tracing) return;
  tracing = false;
  try {
    const std::string mine = trace::stop_to_string();
    const std::string all = merge_traces(environment->world(), mine);
    if (!all.empty()) write_file_atomically(from.get_text("trace").value, all);
  } catch (const std::exception& e) {
    emit(event_level::warning, "hybrid.trace", "the trace could not be written", {{"reason", e.what()}});
  }
}

}  // namespace twill::hybrid
