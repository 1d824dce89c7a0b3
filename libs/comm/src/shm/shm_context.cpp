// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/shm_context.hpp"

#include "shm/futex.hpp"
#include "shm/shm_endpoint.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <sched.h>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace twill::comm::detail {
namespace {

constexpr std::size_t default_arena = std::size_t{128} << 10U;
constexpr std::size_t long_arena = std::size_t{1} << 20U;

std::size_t shared_bytes(int size) noexcept {
  const auto n = static_cast<std::size_t>(size);
  return sizeof(shm_shared) + n * sizeof(shm_lines) + n * sizeof(std::uint64_t) + destructive_distance;
}

shm_shared* aligned(std::byte* data) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t up =
      (address + destructive_distance - 1) / destructive_distance * destructive_distance;
  return reinterpret_cast<shm_shared*>(data + (up - address));
}

shm_block* block_of(std::byte* data) noexcept { return reinterpret_cast<shm_block*>(data) - 1; }

std::string describe(const shm_line& l) { return describe_call(l.word, l.count); }

}  // namespace

shm_endpoint& shm_context::home() const noexcept { return static_cast<shm_endpoint&>(*ep); }

void shm_context::pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

bool shm_context::complete(std::uint64_t seq) const noexcept {
  for (int r = 0; r < size; ++r) {
    // ORD seq_cst [sleep]: in the total order behind this rank's own announcement or its count among the
    // sleepers; as an acquire it pairs with `publish`.
    if (line(seq, r).sequence.load(std::memory_order_seq_cst) != seq) return false;
  }
  return true;
}

void shm_context::wake(std::uint64_t seq) noexcept {
  // Of the ranks that announce `seq`, the last one in the total order sees all others here.
  if (!complete(seq)) return;
  // ORD release [sleep]: pairs with the acquire in await_asleep.
  shared->epoch.fetch_add(1, std::memory_order_release);
  futex_wake(shared->epoch, INT_MAX);
}

void shm_context::await_asleep(std::uint64_t seq, op_kind kind) {
  shm_endpoint& here = home();
  for (int i = 0; i < here.yields(); ++i) {
    if (complete(seq)) return;
    ::sched_yield();
  }
  const auto missing = [&] {
    // ORD acquire [line]: as in await.
    for (int r = 0; r < size; ++r)
      if (line(seq, r).sequence.load(std::memory_order_acquire) != seq) return r;
    return -1;
  };
  const auto begin = std::chrono::steady_clock::now();
  struct mark {
    shm_endpoint& here;
    shm_shared& shared;
    ~mark() {
      // ORD relaxed [sleep]: a sleeper too many costs a system call, no more.
      shared.sleepers.fetch_sub(1, std::memory_order_relaxed);
      here.note_wait(op_kind::none, any_source, 0);
    }
  } const at_end{here, *shared};
  // ORD seq_cst [sleep]: against `publish`: either it sees this count, or `complete` below sees its line.
  shared->sleepers.fetch_add(1, std::memory_order_seq_cst);
  const auto limit = here.options().timeout;
  bool noted = false;
  for (;;) {
    // ORD acquire [sleep]: taken before looking; a wake-up behind the look changes it.
    const std::uint32_t epoch = shared->epoch.load(std::memory_order_acquire);
    if (complete(seq)) return;
    futex_wait(shared->epoch, epoch, health_interval);
    if (complete(seq)) return;
    if (!noted) {
      const int r = missing();
      here.note_wait(kind, r < 0 ? r : world[static_cast<std::size_t>(r)], seq);
      noted = true;
    }
    const int r = missing();
    if (here.check_health(site(kind), r < 0 ? r : world[static_cast<std::size_t>(r)])) {
      if (complete(seq)) return;
      fail(errc::rank_failed, site(kind), fmt::format("rank {} has finalised and left the job", r),
           {.peer = r});
    }
    if (limit.count() > 0 && std::chrono::steady_clock::now() - begin > limit) {
      if (r >= 0) here.note_wait(kind, world[static_cast<std::size_t>(r)], seq);
      fail(errc::timed_out, site(kind),
           fmt::format("no progress within {} s\n{}", std::chrono::duration<double>(limit).count(),
                       here.waits()));
    }
  }
}

std::size_t shm_context::piece(std::size_t granule, bool longer) {
  const std::size_t usual = longer ? long_arena : default_arena;
  const std::size_t need = std::max(granule, usual);
  if (need > arena_bytes) {
    for (std::byte*& room : arena) {
      // A peer may still read the arena that this one follows, so it stays until the communicator goes.
      shm_block* const block = home().heap().allocate(need + cache_line, 1);
      if (block == nullptr) {
        fail(errc::allocation_failed, site(op_kind::none),
             fmt::format("no room for {} bytes that ranks exchange through (TWILL_SHM_BYTES)", need),
             {.requested = need});
      }
      old_arenas.push_back(room);
      room = block->data();
    }
    arena_bytes = need;
  }
  return granule <= usual ? usual / granule * granule : granule;
}

void shm_context::mismatch(std::uint64_t seq, op_kind kind) const {
  std::string text = "ranks do not call the same:";
  for (int r = 0; r < size; ++r) text += fmt::format("\n  rank {}: {}", r, describe(line(seq, r)));
  fail(errc::collective_mismatch, site(kind), std::move(text));
}

void shm_context::refused(op_kind kind, int r, std::size_t bytes) const {
  fail(errc::collective_mismatch, site(kind),
       fmt::format("rank {} contributes {} bytes, which is not what this rank's counts say", r, bytes),
       {.actual = bytes, .peer = r});
}

void shm_context::decline(op_kind kind) {
  const std::uint64_t seq = ++sequence;
  shm_line& mine = line(seq, rank);
  mine.word = signature_word(kind, declined_type, op_code::none, -1, 0);
  mine.count = declined_count;
  mine.bytes = 0;
  publish(seq);
  await(seq, kind);
}

shm_context::~shm_context() {
  if (shared == nullptr) return;
  for (std::byte* room : arena)
    if (room != nullptr) block_of(room)->release();
  for (std::byte* room : old_arenas)
    if (room != nullptr) block_of(room)->release();
  // Parcels that never were completed here, and the last of each list, whose `next` nobody follows any more.
  for (auto& list : arrived)
    for (const shm_parcel* p : list)
      if (p != nullptr) parcel_block(p)->release();
  for (const shm_parcel* p : newest)
    if (p != nullptr) parcel_block(p)->release();
  anchor->release();
}

shm_block* shm_context::parcel_block(const shm_parcel* p) const noexcept {
  return block_of(const_cast<std::byte*>(reinterpret_cast<const std::byte*>(p)));
}

std::byte* shm_context::parcel_room(std::size_t bytes, op_kind kind) {
  // Each rank claims it twice: for the payload, and for the link to the following parcel.
  shm_block* const block =
      home().heap().allocate(sizeof(shm_parcel) + bytes, 2 * static_cast<std::uint32_t>(size));
  if (block == nullptr) {
    fail(errc::allocation_failed, site(kind), fmt::format("no room for {} bytes (TWILL_SHM_BYTES)", bytes),
         {.requested = bytes});
  }
  return block->data() + sizeof(shm_parcel);
}

std::uint64_t shm_context::post_parcel(const signature& sig, std::size_t bytes, std::byte* payload) {
  auto* const parcel = reinterpret_cast<shm_parcel*>(payload - sizeof(shm_parcel));
  // ORD relaxed [parcel]: the parcel is not known to anybody yet.
  parcel->next.store(0, std::memory_order_relaxed);
  parcel->word = sig.word;
  parcel->count = sig.count;
  parcel->bytes = bytes;
  parcel->payload = static_cast<std::uint64_t>(payload - base);
  std::uint64_t number = 0;
  {
    const std::lock_guard hold(parcels_lock);
    std::atomic<std::uint64_t>& link = last == nullptr ? head(rank) : last->next;
    // ORD release [parcel]: pairs with find_parcels; header and payload are written before.
    link.store(static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(parcel) - base),
               std::memory_order_release);
    last = parcel;
    number = posted++;
  }
  for (int r = 0; r < size; ++r) home().ring(world[static_cast<std::size_t>(r)]);
  return number;
}

bool shm_context::find_parcels(std::uint64_t number, std::vector<const shm_parcel*>& found) {
  const std::lock_guard hold(parcels_lock);
  const auto place = static_cast<std::size_t>(number - released);
  bool all = true;
  for (std::size_t r = 0; r < arrived.size(); ++r) {
    const shm_parcel*& at = newest[r];
    for (;;) {
      // ORD acquire [parcel]: pairs with post_parcel.
      const std::uint64_t offset =
          (at == nullptr ? head(static_cast<int>(r)) : at->next).load(std::memory_order_acquire);
      if (offset == 0) break;
      if (at != nullptr) parcel_block(at)->release();
      at = reinterpret_cast<const shm_parcel*>(base + offset);
      arrived[r].push_back(at);
    }
    all = all && place < arrived[r].size();
  }
  if (!all) return false;
  found.clear();
  for (const auto& list : arrived) found.push_back(list[place]);
  return true;
}

void shm_context::release_parcels(std::uint64_t number) noexcept {
  const std::lock_guard hold(parcels_lock);
  const auto place = static_cast<std::size_t>(number - released);
  for (auto& list : arrived) {
    parcel_block(list[place])->release();
    list[place] = nullptr;
  }
  while (std::all_of(arrived.begin(), arrived.end(),
                     [](const auto& list) { return !list.empty() && list.front() == nullptr; })) {
    for (auto& list : arrived) list.pop_front();
    ++released;
  }
}

void shm_context::check_parcels(const std::vector<const shm_parcel*>& all, op_kind kind) const {
  const bool equal = std::all_of(all.begin(), all.end(), [&](const shm_parcel* p) {
    return p->word == all[0]->word && p->count == all[0]->count;
  });
  if (equal) return;
  std::string text = "ranks do not call the same:";
  for (std::size_t r = 0; r < all.size(); ++r) {
    shm_line like{};
    like.word = all[r]->word;
    like.count = all[r]->count;
    text += fmt::format("\n  rank {}: {}", r, describe(like));
  }
  fail(errc::collective_mismatch, site(kind), std::move(text));
}

namespace {

// The communicator whose shared words lie in a block that has one claim a rank.
std::shared_ptr<shm_context> open_context(std::shared_ptr<shm_endpoint> ep, std::uint64_t id,
                                          shm_block* anchor, int rank, std::vector<int> world) {
  auto c = std::make_shared<shm_context>();
  const auto n = world.size();
  c->id = id;
  c->rank = rank;
  c->size = static_cast<int>(n);
  c->backend = backend_kind::shm;
  c->world = std::move(world);
  c->base = ep->job().at(0);
  c->spin = ep->spin();
  c->anchor = anchor;
  c->shared = aligned(anchor->data());
  c->lines = reinterpret_cast<shm_lines*>(c->shared + 1);
  c->heads = reinterpret_cast<std::atomic<std::uint64_t>*>(c->lines + n);
  c->arrived.resize(n);
  c->newest.assign(n, nullptr);
  c->ep = std::move(ep);
  return c;
}

shm_block* new_anchor(shm_endpoint& ep, int size) noexcept {
  shm_block* const block = ep.heap().allocate(shared_bytes(size), static_cast<std::uint32_t>(size));
  if (block != nullptr) std::memset(static_cast<void*>(block->data()), 0, shared_bytes(size));
  return block;
}

}  // namespace

std::shared_ptr<shm_context> make_world(std::shared_ptr<shm_endpoint> ep) {
  // Rank 0 makes the first communicator; the others find it in the word that messages from rank 0 to itself
  // would use, which never carries one.
  std::vector<int> world(static_cast<std::size_t>(ep->size()));
  std::iota(world.begin(), world.end(), 0);
  auto* const door = ep->door();
  const call_site site{name_of(op_kind::init), backend_kind::shm, ep->rank(), ep->size()};
  if (ep->rank() == 0) {
    shm_block* const anchor = new_anchor(*ep, ep->size());
    if (anchor == nullptr)
      fail(errc::allocation_failed, site, "no room for the first communicator (TWILL_SHM_BYTES)");
    // ORD release [door]: pairs with the acquire below: the words are zero.
    door->store(ep->job().offset_of(anchor), std::memory_order_release);
    for (int r = 1; r < ep->size(); ++r) ep->ring(r);
  }
  ep->wait_until(site, op_kind::init, 0, [&] {
    // ORD acquire [door]: see above.
    return door->load(std::memory_order_acquire) != 0;
  });
  // ORD acquire [door]: see above.
  auto* const anchor = reinterpret_cast<shm_block*>(ep->job().at(door->load(std::memory_order_acquire)));
  const int rank = ep->rank();
  return open_context(std::move(ep), 0, anchor, rank, std::move(world));
}

namespace {

// Rank 0 makes the new communicator's words and broadcasts where they lie, as any nonblocking broadcast.
class shm_duplicate final : public operation {
 public:
  shm_duplicate(std::shared_ptr<shm_context> c, std::function<void(shm_engine)> done)
      : operation(c->ep, c->site(op_kind::duplicate), op_kind::duplicate),
        ctx_(std::move(c)),
        done_(std::move(done)) {
    broadcast_kernel k;
    k.sig = {signature_word(op_kind::duplicate, 0, op_code::none, 0, sizeof made_), 0};
    k.data = reinterpret_cast<std::byte*>(&made_);
    k.n = sizeof made_;
    k.mine = ctx_->rank == 0;
    told_ = std::make_shared<shm_operation<broadcast_kernel>>(ctx_, op_kind::duplicate, std::move(k));
  }
  void start() override {
    if (ctx_->rank == 0) {
      if (shm_block* const anchor = new_anchor(ctx_->home(), ctx_->size))
        made_ = {ctx_->home().job().offset_of(anchor), ctx_->home().next_context_id()};
    }
    told_->start();
  }
  [[nodiscard]] bool poll() override {
    if (opened_) return true;
    if (!told_->poll()) return false;
    opened_ = true;
    if (made_.offset == 0)
      fail(errc::allocation_failed, site(), "no room for another communicator (TWILL_SHM_BYTES)");
    auto here = std::static_pointer_cast<shm_endpoint>(ctx_->ep);
    auto* const anchor = reinterpret_cast<shm_block*>(here->job().at(made_.offset));
    done_(shm_engine(open_context(std::move(here), made_.id, anchor, ctx_->rank, ctx_->world)));
    return true;
  }

 private:
  struct {
    std::uint64_t offset;
    std::uint64_t id;
  } made_{};
  std::shared_ptr<shm_context> ctx_;
  std::function<void(shm_engine)> done_;
  std::shared_ptr<operation> told_;
  bool opened_ = false;
};

}  // namespace

std::shared_ptr<operation> shm_engine::prepare_duplicate(std::function<void(shm_engine)> done) const {
  return std::make_shared<shm_duplicate>(ctx_, std::move(done));
}

std::shared_ptr<shm_context> shm_engine::split(op_kind kind, int color, int key) const {
  struct wish {
    int color;
    int key;
    int rank;
    int world;
  };
  struct offer {
    std::uint64_t offset;
    std::uint64_t id;
  };
  const auto n = static_cast<std::size_t>(size_);
  const auto exchange = [&](const void* mine, void* all, std::size_t bytes) {
    gather_kernel k;
    k.sig = {signature_word(kind, 0, op_code::none, -1, bytes), 0};
    k.in = static_cast<const std::byte*>(mine);
    k.n = bytes;
    k.out = static_cast<std::byte*>(all);
    k.receives = true;
    run(kind, k);
  };
  auto here = std::static_pointer_cast<shm_endpoint>(ctx_->ep);
  const wish mine{color, key, rank_, ctx_->world[static_cast<std::size_t>(rank_)]};
  std::vector<wish> all(n);
  exchange(&mine, all.data(), sizeof mine);
  std::vector<wish> group;
  for (const wish& w : all)
    if (w.color == color) group.push_back(w);
  std::sort(group.begin(), group.end(),
            [](const wish& a, const wish& b) { return a.key != b.key ? a.key < b.key : a.rank < b.rank; });

  offer made{};
  const bool leads = color >= 0 && group.front().rank == rank_;
  if (leads) {
    if (shm_block* const anchor = new_anchor(*here, static_cast<int>(group.size()))) {
      made = {here->job().offset_of(anchor), here->next_context_id()};
    }
  }
  std::vector<offer> offers(n);
  exchange(&made, offers.data(), sizeof made);
  // A leader without memory is an error on every rank, in every group: nobody goes on with half of the
  // communicators.
  for (const wish& w : all) {
    if (w.color < 0) continue;
    const auto leader = std::min_element(all.begin(), all.end(), [&](const wish& a, const wish& b) {
      const bool in_a = a.color == w.color;
      const bool in_b = b.color == w.color;
      return in_a != in_b ? in_a : in_a && a.key < b.key;
    });
    if (offers[static_cast<std::size_t>(leader->rank)].offset == 0) {
      fail(errc::allocation_failed, ctx_->site(kind), "no room for another communicator (TWILL_SHM_BYTES)");
    }
  }
  if (color < 0) return nullptr;
  const offer& taken = offers[static_cast<std::size_t>(group.front().rank)];
  std::vector<int> world;
  int rank = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].rank == rank_) rank = static_cast<int>(i);
    world.push_back(group[i].world);
  }
  auto* const anchor = reinterpret_cast<shm_block*>(here->job().at(taken.offset));
  return open_context(std::move(here), taken.id, anchor, rank, std::move(world));
}

}  // namespace twill::comm::detail
