// SPDX-License-Identifier: Apache-2.0
// Blocks and batches onto workers. The tree of tasks is a function of the launch alone, so are the partial
// sums of ResAccum and with them every bit of the result.
#include "exec/executor_state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace twill::lanes {
namespace {

using detail::batch;
using detail::launch_state;
using detail::resonance;
using detail::workspace;

constexpr std::uint64_t most_lanes_per_block = 65'536;
constexpr std::uint64_t most_blocks = std::uint64_t{1} << 40;
// Columns of a batch stay below this: a quarter of a usual second-level cache where each instruction runs
// once, about a first-level cache where instructions repeat.
constexpr std::size_t batch_bytes = 256 * 1024;
constexpr std::size_t repeating_bytes = 40 * 1024;
constexpr unsigned least_width = 64;
// Enough to make a batch's own cost small; where lanes cost more, small launches shall still be shared out.
constexpr unsigned most_auto_width = 16'384;
constexpr unsigned most_costly_width = 4096;
constexpr unsigned most_width = 65'536;
// From so many lanes on operands come from memory. Every batch begins to read them anew, which costs a
// microsecond, more than what columns lose that take all of a usual second-level cache.
constexpr std::uint64_t large_launch = std::uint64_t{1} << 22;
constexpr std::size_t large_batch_bytes = 1024 * 1024;
constexpr unsigned most_large_width = 32'768;

[[noreturn]] void bad_launch(std::string text) { throw fault(errc::invalid_launch_config, std::move(text)); }

std::uint64_t product(const dim3& d, std::uint64_t limit, const char* what) {
  const std::uint64_t plane = std::uint64_t{d.x} * d.y;
  if (plane > limit || plane * d.z > limit || (d.z != 0 && plane > limit / d.z)) bad_launch(what);
  return plane * d.z;
}

bool is_empty(const launch_config& c) {
  const auto zero = [](const dim3& d) { return d.x == 0 || d.y == 0 || d.z == 0; };
  return zero(c.grid) || zero(c.block);
}

unsigned choose_width(const launch_config& c, const detail::prepared_program& p, std::uint64_t lanes) {
  if (c.batch != 0) return std::min(c.batch, most_width);
  const bool large = lanes >= large_launch;
  const std::size_t budget = p.repeats ? repeating_bytes : large ? large_batch_bytes : batch_bytes;
  std::size_t fitting = budget / std::max<std::size_t>(p.bytes_per_lane, 1);
  if (!p.loops.empty())
    fitting = std::min(fitting, repeating_bytes / std::max<std::size_t>(p.bytes_in_loop, 1));
  fitting = std::bit_floor(fitting);
  const unsigned most = p.repeats || p.costly || !p.loops.empty() ? most_costly_width
                        : large                                   ? most_large_width
                                                                  : most_auto_width;
  const auto wide = static_cast<unsigned>(std::clamp<std::size_t>(fitting, least_width, most));
  const std::uint64_t needed = std::max<std::uint64_t>(std::bit_ceil(lanes), least_width);
  return static_cast<unsigned>(std::min<std::uint64_t>(wide, needed));
}

// Blocks with barriers or shared memory run together, several to a batch, where the launch is large enough to
// be shared out in spite of that. Pools and ResAccum have an order of their own.
std::uint64_t blocks_together(const launch_state& launch) {
  const detail::prepared_program& p = *launch.program;
  constexpr std::uint64_t least_units = 16;
  constexpr std::uint64_t shared_at_once = 64 * 1024;
  if (p.uses_pools || p.uses_resonance) return 1;
  std::uint64_t most = launch.width / launch.lanes_per_block;
  if (launch.config->batch == 0) most = std::min(most, launch.blocks / least_units);
  if (p.uses_shared) most = std::min(most, shared_at_once / (launch.config->shared_bytes + 1));
  return std::max<std::uint64_t>(1, most);
}

// Work that one leaf of the tree does, in lanes: a few batches of cheap programs, one of small launches.
struct plan {
  std::uint64_t units = 0;   // groups of blocks
  std::uint64_t blocks = 1;  // of a unit
  std::uint64_t per_leaf = 1;
  bool by_block = false;
  std::uint64_t pieces = 0;  // units of a block that is split, else 0
};

// Tasks have whole blocks: where several lanes of a block store at one place with one instruction, the
// highest wins, so that its batches run in the order of their lanes. Blocks of several batches whose lanes
// cannot meet are split.
plan make_plan(const launch_state& launch) {
  plan out;
  const detail::prepared_program& p = *launch.program;
  out.by_block = p.uses_barrier || p.uses_shared;
  out.blocks = out.by_block ? blocks_together(launch)
                            : std::max<std::uint64_t>(1, launch.width / launch.lanes_per_block);
  std::uint64_t unit_lanes = out.blocks * launch.lanes_per_block;
  out.units = (launch.blocks + out.blocks - 1) / out.blocks;
  if (p.lanes_apart && launch.lanes_per_block > launch.width) {
    out.pieces = (launch.lanes_per_block + launch.width - 1) / launch.width;
    out.units = launch.blocks * out.pieces;
    unit_lanes = launch.width;
  }
  constexpr std::uint64_t leaves = 128;
  constexpr std::uint64_t most_leaf_lanes = 65'536;
  out.per_leaf = std::clamp<std::uint64_t>(out.units / leaves, 1,
                                           std::max<std::uint64_t>(1, most_leaf_lanes / unit_lanes));
  return out;
}

class runner {
 public:
  runner(executor::state& owner, launch_state& launch, const plan& work)
      : owner_(owner), launch_(launch), plan_(work) {}

  // Leaves [begin, end) of the tree, summed pairwise in the order of their indices.
  void tree(std::uint64_t begin, std::uint64_t end, resonance& sums, detail::seats of) {
    if (end - begin == 1) {
      leaf(begin, sums);
      return;
    }
    const std::uint64_t middle = begin + std::bit_ceil(end - begin) / 2;
    resonance right;
    fork_by_seat(
        owner_.team, of, [&](detail::seats s) { tree(begin, middle, sums, s); },
        [&](detail::seats s) { tree(middle, end, right, s); });
    sums.merge(right);
  }

 private:
  void leaf(std::uint64_t index, resonance& sums) {
    const std::uint64_t first = index * plan_.per_leaf;
    const std::uint64_t last = std::min(first + plan_.per_leaf, plan_.units);
    auto space = owner_.take_workspace();
    auto& done = owner_.counters();
    begin_exact(*space, sums);
    for (std::uint64_t unit = first; unit < last; ++unit) {
      const std::uint64_t begin = first_lane(unit);
      if (launch_.needless(begin)) break;
      if (!plan_.by_block) {
        in_batches(*space, begin, first_lane(unit + 1), sums);
      } else if (plan_.blocks > 1) {
        together(*space, unit, sums);
      } else if (launch_.program->uses_barrier) {
        phases(*space, unit, sums);
      } else {
        one_after_another(*space, unit, sums);
      }
    }
    executor::state::count(done.blocks, blocks_before(last) - blocks_before(first));
    end_exact(sums);
    owner_.give_workspace(std::move(space));
  }

  [[nodiscard]] std::uint64_t first_lane(std::uint64_t unit) const {
    if (plan_.pieces == 0) return std::min(unit * plan_.blocks * launch_.lanes_per_block, launch_.total);
    return unit / plan_.pieces * launch_.lanes_per_block + unit % plan_.pieces * launch_.width;
  }
  // Blocks that begin in a unit below this one.
  [[nodiscard]] std::uint64_t blocks_before(std::uint64_t unit) const {
    if (plan_.pieces != 0) return (unit + plan_.pieces - 1) / plan_.pieces;
    return std::min(unit * plan_.blocks, launch_.blocks);
  }

  // Exact sums have no order: each task adds up its own and then adds them to those of the launch.
  void begin_exact(workspace& space, resonance& sums) {
    if (launch_.config->resonance != res_mode::exact || !launch_.program->uses_resonance) return;
    space.exact.assign(sums.sums.size(), {});
    sums.exact = space.exact.data();
  }
  void end_exact(resonance& sums) {
    if (sums.exact == nullptr) return;
    const std::lock_guard lock(launch_.mutex);
    launch_.exact.resize(sums.sums.size());
    for (std::size_t c = 0; c < sums.sums.size(); ++c) {
      if ((sums.touched[c / 64] >> (c % 64) & 1U) != 0) launch_.exact[c].merge(sums.exact[c]);
    }
    sums.exact = nullptr;
  }

  // Lanes of blocks that share nothing.
  void in_batches(workspace& space, std::uint64_t begin, std::uint64_t end, resonance& sums) {
    std::uint64_t runs = 0;
    for (std::uint64_t lane = begin; lane < end && !launch_.needless(lane); lane += launch_.width) {
      batch& b = at(space, 0);
      b.start(launch_, lane, static_cast<std::uint32_t>(std::min<std::uint64_t>(launch_.width, end - lane)),
              {});
      b.run(sums);
      ++runs;
      if (b.faulted()) launch_.report(b.fault());
    }
    executor::state::count(owner_.counters().batches, runs);
  }

  batch& at(workspace& space, std::size_t i) {
    while (space.batches.size() <= i) space.batches.push_back(std::make_unique<batch>());
    space.batches[i]->configure(launch_);
    return *space.batches[i];
  }

  std::span<std::byte> shared_memory(workspace& space) {
    space.shared.assign(launch_.config->shared_bytes, std::byte{0});
    return space.shared;
  }

  // A block without barriers: its batches share memory, in the order of the lanes.
  void one_after_another(workspace& space, std::uint64_t block, resonance& sums) {
    const auto shared = shared_memory(space);
    const std::uint64_t begin = block * launch_.lanes_per_block;
    auto& done = owner_.counters();
    for (std::uint64_t lane = 0; lane < launch_.lanes_per_block; lane += launch_.width) {
      batch& b = at(space, 0);
      const std::uint64_t count = std::min<std::uint64_t>(launch_.width, launch_.lanes_per_block - lane);
      b.start(launch_, begin + lane, static_cast<std::uint32_t>(count), shared);
      b.run(sums);
      executor::state::count(done.batches, 1);
      if (b.faulted()) {
        launch_.report(b.fault());
        return;
      }
    }
  }

  // A block with barriers: all its batches up to the next barrier, then all of them further on.
  void phases(workspace& space, std::uint64_t block, resonance& sums) {
    const auto shared = shared_memory(space);
    const std::uint64_t begin = block * launch_.lanes_per_block;
    const std::size_t n = (launch_.lanes_per_block + launch_.width - 1) / launch_.width;
    at(space, n - 1);
    const std::span all(space.batches.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t lane = i * launch_.width;
      const std::uint64_t count = std::min<std::uint64_t>(launch_.width, launch_.lanes_per_block - lane);
      at(space, i).start(launch_, begin + lane, static_cast<std::uint32_t>(count), shared);
      all[i]->set_siblings(all);
    }
    std::uint64_t runs = 0;
    const auto count = [&] { executor::state::count(owner_.counters().batches, runs); };
    for (;;) {
      for (const auto& b : all) {
        if (b->finished()) continue;
        b->run(sums);
        ++runs;
        if (b->faulted()) {  // lanes above it do not count, and all below have run this phase
          launch_.report(b->fault());
          return count();
        }
      }
      if (!meet(all, block)) return count();
    }
  }

  // Several blocks in one batch, each with shared memory of its own. Those that are at different places, or
  // at different barriers, are groups of lanes like any others.
  void together(workspace& space, std::uint64_t unit, resonance& sums) {
    constexpr std::size_t line = 64;
    const std::size_t stride = (launch_.config->shared_bytes + line - 1) / line * line;
    const std::uint64_t first = unit * plan_.blocks;
    const std::uint64_t blocks = std::min(plan_.blocks, launch_.blocks - first);
    space.shared.assign(stride * blocks, std::byte{0});
    batch& b = at(space, 0);
    b.start(launch_, first * launch_.lanes_per_block,
            static_cast<std::uint32_t>(blocks * launch_.lanes_per_block), space.shared, stride);
    std::uint64_t runs = 0;
    do {
      b.run(sums);
      ++runs;
    } while (b.meet());
    executor::state::count(owner_.counters().batches, runs);
    if (b.faulted()) launch_.report(b.fault());
  }

  // At the end of a phase: false when every lane has ended, or they wait at different barriers.
  bool meet(std::span<const std::unique_ptr<batch>> all, std::uint64_t block) {
    bool waiting = false;
    std::uint64_t id = 0;
    bool differ = false;
    detail::fault_record record{.code = errc::barrier_divergence, .numbers = {block}};
    for (const auto& b : all) {
      for (const detail::lane_group& g : b->groups()) {
        const std::uint64_t here = launch_.program->code[g.pc].value;
        if (waiting && here != id) differ = true;
        id = here;
        waiting = true;
        const std::uint64_t lane = b->begin() + b->first_lane_of(g);
        if (lane < record.global) {
          record.global = lane;
          record.pc = g.pc;
        }
      }
    }
    if (differ) {
      launch_.report(record);
      return false;
    }
    for (const auto& b : all) b->release();
    return waiting;
  }

  executor::state& owner_;
  launch_state& launch_;
  const plan& plan_;
};

[[noreturn]] void raise(const launch_state& launch) {
  const detail::fault_record& f = launch.first;
  fault_info info{.code = f.code, .numbers = f.numbers};
  info.at = coordinates{
      .block = f.global / launch.lanes_per_block, .lane = f.global % launch.lanes_per_block, .pc = f.pc};
  throw fault(std::move(info));
}

void check_registers(std::span<const initial_register> registers) {
  for (const initial_register& r : registers) {
    if (r.reg >= register_count) throw fault({.code = errc::invalid_register, .numbers = {r.reg}});
  }
}

}  // namespace

launch_result executor::launch(const program& p, const execution_params& params) {
  const launch_config& config = params.launch;
  check_registers(params.registers);
  launch_state launch;
  launch_result out;
  if (is_empty(config)) {
    p.validate();
    return out;
  }
  launch.lanes_per_block = product(config.block, most_lanes_per_block, "more than 65536 lanes in a block");
  launch.blocks = product(config.grid, most_blocks, "more than 2^40 blocks");
  launch.total = launch.blocks * launch.lanes_per_block;
  if (config.shared_bytes > state_->options.shared_limit) {
    throw fault({.code = errc::shared_memory_allocation_failed,
                 .numbers = {config.shared_bytes, state_->options.shared_limit}});
  }
  const auto prepared = detail::prepare(p, params.registers);
  if (prepared->uses_whole_array && launch.total != 1) {
    bad_launch("whole-array instructions need a launch of one lane");
  }
  const auto buffers = state_->buffers.table();
  const auto pools = state_->pools.table();
  launch.program = prepared.get();
  launch.config = &config;
  launch.buffers = buffers.get();
  launch.pools = pools.get();
  launch.registers = params.registers;
  launch.owner = this;
  launch.width = choose_width(config, *prepared, launch.total);
  const std::uint64_t sharing = std::max<std::uint64_t>(launch.lanes_per_block, 4096);
  launch.pool_limit = config.memory_limit / std::min(launch.total, sharing);
  // By the widest batch that there can be, so that it depends on no width.
  launch.call_limit = config.memory_limit / std::min<std::uint64_t>(launch.total, most_width);
  if (config.time_limit_ms != 0) {
    launch.deadline = std::chrono::steady_clock::now() +
                      std::chrono::milliseconds(std::min<std::uint64_t>(config.time_limit_ms, 1'000'000'000));
  }
  const plan work = make_plan(launch);
  if (work.by_block) {
    const std::uint64_t needed =
        std::bit_ceil(std::max<std::uint64_t>(work.blocks * launch.lanes_per_block, least_width));
    launch.width = static_cast<unsigned>(std::min<std::uint64_t>(launch.width, needed));
  }
  const detail::running_mark mark(*state_, launch);
  resonance sums;
  runner run(*state_, launch, work);
  const std::uint64_t leaves = (work.units + work.per_leaf - 1) / work.per_leaf;
  if (leaves == 1) {
    run.tree(0, 1, sums, {});
  } else {
    state_->team.run([&] { run.tree(0, leaves, sums, detail::seats::all(state_->team)); });
  }
  if (launch.needless(std::numeric_limits<std::uint64_t>::max())) raise(launch);
  out.resonance = sums.sums;
  for (std::size_t c = 0; c < launch.exact.size(); ++c) out.resonance.at(c) = launch.exact[c].value();
  out.touched = sums.touched;
  out.instructions = sums.instructions;
  out.lanes = launch.total;
  return out;
}

}  // namespace twill::lanes
