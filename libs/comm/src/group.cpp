// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/local_engine.hpp"
#include "twill/comm/info.hpp"
#include "twill/comm/reproducible.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace twill::comm {

info::info(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  for (const auto& [key, value] : entries) set(key, value);
}

void info::set(std::string_view key, std::string_view value) {
  const call_site site{.operation = "info"};
  if (key.empty() || key.size() > max_key) {
    detail::fail(errc::invalid_argument, site,
                 "a key of " + std::to_string(key.size()) + " bytes, expected 1 to 255",
                 {.expected = max_key, .actual = key.size()});
  }
  if (value.size() > max_value) {
    detail::fail(errc::invalid_argument, site,
                 "a value of " + std::to_string(value.size()) + " bytes, expected up to 1023",
                 {.expected = max_value, .actual = value.size()});
  }
  entries_.insert_or_assign(std::string(key), std::string(value));
}

std::optional<std::string> info::get(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

bool info::erase(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

std::vector<std::string> info::keys() const {
  std::vector<std::string> all;
  for (const auto& entry : entries_) all.push_back(entry.first);
  return all;
}

namespace detail {

void one_collective::refuse(const context& c, op_kind kind) {
  fail(errc::concurrent_collective, c.site(kind),
       "another thread is inside a collective of this communicator");
}

group_relation compare_groups(const context& a, const context& b) {
  if (&a == &b || (a.ep == b.ep && a.id == b.id)) return group_relation::identical;
  if (a.world == b.world) return group_relation::congruent;
  return std::is_permutation(a.world.begin(), a.world.end(), b.world.begin(), b.world.end())
             ? group_relation::similar
             : group_relation::unequal;
}

std::optional<local_engine> local_engine::fork(op_kind, int color, int) const {
  if (color < 0) return std::nullopt;
  static std::atomic<std::uint64_t> next{1};
  auto c = std::make_shared<local_context>();
  c->ep = ctx_->ep;
  // ORD relaxed [context-id]: only has to be unique.
  c->id = next.fetch_add(1, std::memory_order_relaxed);
  c->world = {0};
  return local_engine(std::move(c));
}

std::shared_ptr<operation> local_engine::prepare_duplicate(std::function<void(local_engine)> done) const {
  class duplicate_alone final : public operation {
   public:
    duplicate_alone(const local_engine& from, std::function<void(local_engine)> done)
        : operation(from.ctx().ep, from.ctx().site(op_kind::duplicate), op_kind::duplicate),
          from_(from),
          done_(std::move(done)) {}
    void start() override { done_(*from_.fork(op_kind::duplicate, 0, 0)); }
    [[nodiscard]] bool poll() override { return true; }

   private:
    local_engine from_;
    std::function<void(local_engine)> done_;
  };
  return std::make_shared<duplicate_alone>(*this, std::move(done));
}

void check_contiguous(const call_site& site, const std::vector<std::vector<std::size_t>>& blocks,
                      std::size_t size) {
  std::size_t at = 0;
  for (std::size_t r = 0; r < blocks.size(); ++r) {
    const std::size_t offset = blocks[r][0];
    // Compared with rank 0's, not with this rank's, so that all ranks find the same.
    if (blocks[r][2] != blocks[0][2]) {
      fail(errc::invalid_argument, site,
           "rank " + std::to_string(r) + " says " + std::to_string(blocks[r][2]) +
               " numbers in all, rank 0 " + std::to_string(blocks[0][2]),
           {.expected = blocks[0][2], .actual = blocks[r][2], .peer = static_cast<int>(r)});
    }
    if (offset != at) {
      fail(errc::invalid_argument, site,
           "the block of rank " + std::to_string(r) + " begins at " + std::to_string(offset) +
               ", the ones before end at " + std::to_string(at),
           {.expected = at, .actual = offset, .peer = static_cast<int>(r)});
    }
    at += blocks[r][1];
  }
  if (at != size) {
    fail(errc::invalid_argument, site,
         "the blocks hold " + std::to_string(at) + " numbers of " + std::to_string(size),
         {.expected = size, .actual = at});
  }
}

}  // namespace detail
}  // namespace twill::comm
