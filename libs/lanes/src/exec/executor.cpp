// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/executor.hpp"

#include "exec/executor_state.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace twill::lanes {
namespace detail {

std::uint64_t region_store::add(entry e) {
  const std::lock_guard lock(mutex_);
  table_.reset();
  entries_.emplace(next_, std::move(e));
  return next_++;
}

bool region_store::remove(std::uint64_t handle) {
  entry gone;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(handle);
  if (found == entries_.end()) return false;
  table_.reset();
  gone = std::move(found->second);
  entries_.erase(found);
  return true;
}

region region_store::find(std::uint64_t handle) const {
  if (handle == 0) return {boundary_, boundary_bytes, true};
  if (handle >= class_handle(0))
    return {boundary_ + (handle - class_handle(0)) * class_bytes, class_bytes, true};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(handle);
  return found == entries_.end() ? region{} : found->second.where;
}

std::shared_ptr<const region_table> region_store::table() {
  const std::lock_guard lock(mutex_);
  if (!table_) {
    std::map<std::uint64_t, region> live;
    std::vector<std::shared_ptr<const zeroed_memory>> owned;
    for (const auto& [handle, e] : entries_) {
      live.emplace_hint(live.end(), handle, e.where);
      if (e.owned) owned.push_back(e.owned);
    }
    auto made = std::make_shared<region_table>();
    made->build(live, boundary_, std::move(owned));
    table_ = std::move(made);
  }
  return table_;
}

}  // namespace detail

namespace {

[[noreturn]] void out_of_memory(std::size_t bytes) {
  throw fault({.code = errc::out_of_memory, .numbers = {bytes, 0}});
}

detail::region_store::entry owned(std::size_t bytes) {
  auto memory = std::make_shared<detail::zeroed_memory>(bytes);
  if (!memory->ok()) out_of_memory(bytes);
  const detail::region where{memory->data(), bytes, true};
  return {std::move(memory), where};
}

detail::region valid(const detail::region_store& store, std::uint64_t handle, errc code) {
  const detail::region found = store.find(handle);
  if (!found.valid) throw fault({.code = code, .numbers = {handle}});
  return found;
}

void check_copy(const detail::region& where, std::size_t offset, std::size_t bytes, errc code) {
  if (offset > where.size || where.size - offset < bytes) {
    throw fault({.code = code, .numbers = {offset, bytes, where.size}});
  }
}

void copy_in(const detail::region& where, std::size_t offset, std::span<const std::byte> data, errc code) {
  check_copy(where, offset, data.size(), code);
  if (!data.empty()) std::memcpy(where.data + offset, data.data(), data.size());
}

void copy_out(const detail::region& where, std::size_t offset, std::span<std::byte> data, errc code) {
  check_copy(where, offset, data.size(), code);
  if (!data.empty()) std::memcpy(data.data(), where.data + offset, data.size());
}

}  // namespace

executor::state::state(const executor_options& o) : options(o), team(o.threads) {
  if (!boundary.ok()) out_of_memory(boundary_bytes);
  buffers.set_boundary(boundary.data());
  pools.set_boundary(boundary.data());
}

void executor::state::check_unused(buffer_handle h) {
  if constexpr (!detail::assertions) return;
  const std::lock_guard lock(running_mutex);
  for (const detail::launch_state* launch : running) {
    const auto holds = [&](detail::slot reg) {
      return std::ranges::any_of(launch->registers, [&](const initial_register& r) {
        return r.reg == reg && r.ty == type::u64 && r.bits == h;
      });
    };
    const auto uses = [&](const detail::decoded& d) {
      const bool access = d.what == detail::action::load || d.what == detail::action::store;
      if (!access || d.shared || d.mode == address_mode::phi) return false;
      return d.mode == address_mode::buffer ? d.handle == h : holds(d.in[0].reg);
    };
    if (std::ranges::any_of(launch->program->code, uses)) {
      throw fault(errc::invalid_argument, "buffer " + std::to_string(h) + " is freed while a launch uses it");
    }
  }
}

detail::running_mark::running_mark(executor::state& owner, const launch_state& launch)
    : owner_(owner), launch_(launch) {
  if constexpr (assertions) {
    const std::lock_guard lock(owner_.running_mutex);
    owner_.running.push_back(&launch_);
  }
}
detail::running_mark::~running_mark() {
  if constexpr (assertions) {
    const std::lock_guard lock(owner_.running_mutex);
    std::erase(owner_.running, &launch_);
  }
}

std::unique_ptr<detail::workspace> executor::state::take_workspace() {
  {
    const std::lock_guard lock(workspaces_mutex);
    if (!idle_workspaces.empty()) {
      auto w = std::move(idle_workspaces.back());
      idle_workspaces.pop_back();
      return w;
    }
  }
  return std::make_unique<detail::workspace>();
}

void executor::state::give_workspace(std::unique_ptr<detail::workspace> w) {
  const std::lock_guard lock(workspaces_mutex);
  idle_workspaces.push_back(std::move(w));
}

executor::executor(const executor_options& options) : state_(std::make_unique<state>(options)) {}
executor::~executor() = default;

buffer_handle executor::allocate_buffer(std::size_t bytes) { return state_->buffers.add(owned(bytes)); }

buffer_handle executor::adopt(std::span<std::byte> memory) {
  return state_->buffers.add({{}, {memory.data(), memory.size(), true}});
}

void executor::free_buffer(buffer_handle h) {
  state_->check_unused(h);
  if (!state_->buffers.remove(h)) throw fault({.code = errc::invalid_buffer_handle, .numbers = {h}});
}

std::size_t executor::buffer_size(buffer_handle h) const {
  return valid(state_->buffers, h, errc::invalid_buffer_handle).size;
}

std::span<std::byte> executor::map(buffer_handle h) const {
  const detail::region r = valid(state_->buffers, h, errc::invalid_buffer_handle);
  return {r.data, r.size};
}

void executor::copy_to_buffer(buffer_handle h, std::span<const std::byte> data, std::size_t offset) {
  copy_in(valid(state_->buffers, h, errc::invalid_buffer_handle), offset, data, errc::buffer_out_of_bounds);
}

void executor::copy_from_buffer(buffer_handle h, std::span<std::byte> data, std::size_t offset) const {
  copy_out(valid(state_->buffers, h, errc::invalid_buffer_handle), offset, data, errc::buffer_out_of_bounds);
}

pool_handle executor::allocate_pool(std::size_t bytes) { return state_->pools.add(owned(bytes)); }

void executor::free_pool(pool_handle h) {
  if (!state_->pools.remove(h)) throw fault({.code = errc::invalid_pool_handle, .numbers = {h}});
}

std::size_t executor::pool_size(pool_handle h) const {
  return valid(state_->pools, h, errc::invalid_pool_handle).size;
}

void executor::copy_to_pool(pool_handle h, std::span<const std::byte> data, std::size_t offset) {
  copy_in(valid(state_->pools, h, errc::invalid_pool_handle), offset, data, errc::pool_out_of_bounds);
}

void executor::copy_from_pool(pool_handle h, std::span<std::byte> data, std::size_t offset) const {
  copy_out(valid(state_->pools, h, errc::invalid_pool_handle), offset, data, errc::pool_out_of_bounds);
}

void executor::for_each_chunk(std::size_t n, const std::function<void(std::size_t)>& body) {
  // Neighbours go together: a task of a third of a microsecond would cost as much again to hand out.
  const std::size_t pieces = std::min(n, 16 * threads());
  state_->team.run([&] {
    detail::fork_each(state_->team, 0, pieces, [&](std::size_t p) {
      const std::size_t begin = n * p / pieces;
      const std::size_t end = n * (p + 1) / pieces;
      state::count(state_->counters().chunks, end - begin);
      for (std::size_t i = begin; i < end; ++i) body(i);
    });
  });
}

std::vector<worker_activity> executor::activity() const {
  std::vector<worker_activity> out;
  for (const auto& seat : state_->activity) {
    // ORD relaxed [A2]: statistics; whoever wants exact ones asks after the launch, which ordered them. Pairs
    // with [A1].
    const auto read = [](const std::atomic<std::uint64_t>& c) { return c.load(std::memory_order_relaxed); };
    out.push_back({read(seat->blocks), read(seat->batches), read(seat->chunks)});
  }
  const auto used = [](const worker_activity& w) { return w.blocks + w.batches + w.chunks != 0; };
  while (!out.empty() && !used(out.back())) out.pop_back();
  return out;
}

std::size_t executor::threads() const { return state_->team.threads(); }
const executor_options& executor::options() const noexcept { return state_->options; }

launch_config launch_config::linear(std::uint64_t n, std::uint32_t block) {
  if (block == 0) throw fault(errc::invalid_launch_config, "a block of 0 lanes");
  const std::uint64_t blocks = n / block + (n % block != 0 ? 1 : 0);
  if (blocks > 0xffffffffU) throw fault(errc::invalid_launch_config, "more than 2^32 - 1 blocks along x");
  launch_config out;
  out.grid.x = static_cast<std::uint32_t>(blocks);
  out.block.x = block;
  return out;
}

}  // namespace twill::lanes
