// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace twill::comm {
namespace {

struct entry {
  std::string_view name;
  std::string_view text;
  bool recoverable;
};

// In the order of the enumeration, which starts at 1.
constexpr std::array<entry, 46> codes{{
    {"invalid_communicator", "not a usable communicator", true},
    {"invalid_buffer", "a buffer does not fit the operation", true},
    {"invalid_count", "a count does not fit the operation", true},
    {"invalid_type", "not a type that can be sent", true},
    {"invalid_op", "not an operation for this type", true},
    {"invalid_root", "no such root", true},
    {"invalid_rank", "no such rank", true},
    {"invalid_tag", "no such tag", true},
    {"invalid_argument", "malformed argument", true},
    {"truncated", "message longer than its buffer", true},
    {"invalid_request", "not a usable request", true},
    {"multiple_errors", "several requests failed", true},
    {"pending", "not complete", true},
    {"allocation_failed", "not enough memory", true},
    {"invalid_window", "not a usable window", true},
    {"rma_sync", "window access out of turn", false},
    {"rma_conflict", "conflicting window accesses", false},
    {"rma_range", "outside the window", false},
    {"rma_attach", "window memory cannot be attached", false},
    {"rma_shared", "window memory cannot be shared", false},
    {"rma_flavor", "wrong flavour of window", false},
    {"invalid_info", "malformed info", true},
    {"io_error", "file operation failed", true},
    {"invalid_session", "not a usable session", true},
    {"rank_failed", "a rank is lost", false},
    {"revoked", "communicator revoked", false},
    {"not_supported", "not supported by this backend", true},
    {"backend_failure", "the backend failed", false},
    {"not_initialized", "communication is not initialised", true},
    {"already_initialized", "communication is initialised already", true},
    {"finalized", "communication has ended", true},
    {"init_failed", "communication cannot start", false},
    {"backend_unavailable", "backend not available", true},
    {"unknown_backend", "no backend of that name", true},
    {"bad_configuration", "malformed configuration", true},
    {"missing_configuration", "configuration is missing", true},
    {"concurrent_collective", "two collectives of one communicator at once", false},
    {"collective_mismatch", "ranks do not call the same operation", true},
    {"would_deadlock", "would wait for ever", true},
    {"request_active", "the request is active", true},
    {"timed_out", "no progress in time", false},
    {"cancelled", "cancelled", true},
    {"type_mismatch", "the message is of another type", true},
    {"job_aborted", "the job was aborted", false},
    {"protocol_error", "broken protocol", false},
    {"unknown", "unknown code", false},
}};

const entry& look_up(int code) noexcept {
  const auto i = static_cast<std::size_t>(code - 1);
  return i < codes.size() ? codes[i] : codes.back();
}

class comm_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.comm"; }
  [[nodiscard]] std::string message(int code) const override { return std::string(look_up(code).text); }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override { return look_up(code).name; }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::unknown_backend:
      case errc::bad_configuration: return exit_code::usage;
      case errc::io_error: return exit_code::io;
      default: return exit_code::internal;
    }
  }
  [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::timed_out: return std::make_error_condition(std::errc::timed_out);
      case errc::allocation_failed: return std::make_error_condition(std::errc::not_enough_memory);
      case errc::not_supported: return std::make_error_condition(std::errc::operation_not_supported);
      case errc::cancelled: return std::make_error_condition(std::errc::operation_canceled);
      case errc::truncated: return std::make_error_condition(std::errc::message_size);
      case errc::would_deadlock: return std::make_error_condition(std::errc::resource_deadlock_would_occur);
      case errc::invalid_buffer:
      case errc::invalid_count:
      case errc::invalid_root:
      case errc::invalid_rank:
      case errc::invalid_tag:
      case errc::invalid_argument: return std::make_error_condition(std::errc::invalid_argument);
      default: return {code, *this};
    }
  }
};

}  // namespace

const category& comm_category() noexcept {
  static const comm_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), comm_category()}; }

bool recoverable(errc code) noexcept { return look_up(static_cast<int>(code)).recoverable; }

struct error::facts {
  std::string message;
  std::string operation;
  backend_kind backend;
  int rank;
  int size;
  error_context context;
  int native_class;
  int native_code;
};

error::error(errc code, const call_site& site, std::string what, error_context context, int native_class,
             int native_code)
    : twill::error(make_error_code(code), {.what = what}) {
  std::string message =
      fmt::format("comm error in {} [{}, rank {}/{}]: {}: {}", site.operation, name_of(site.backend),
                  site.rank, site.size, look_up(static_cast<int>(code)).name, what);
  facts_ = std::make_shared<const facts>(facts{std::move(message), std::string(site.operation), site.backend,
                                               site.rank, site.size, context, native_class, native_code});
}

const char* error::what() const noexcept { return facts_->message.c_str(); }
std::string_view error::operation() const noexcept { return facts_->operation; }
backend_kind error::backend() const noexcept { return facts_->backend; }
int error::rank() const noexcept { return facts_->rank; }
int error::size() const noexcept { return facts_->size; }
int error::native_class() const noexcept { return facts_->native_class; }
int error::native_code() const noexcept { return facts_->native_code; }
const error_context& error::context() const noexcept { return facts_->context; }

namespace {

std::string list(const std::vector<multiple_errors::item>& items) {
  std::string text = fmt::format("{} requests failed", items.size());
  for (const auto& item : items) {
    try {
      std::rethrow_exception(item.reason);
    } catch (const std::exception& e) {
      text += fmt::format("; request {}: {}", item.index, e.what());
    }
  }
  return text;
}

}  // namespace

multiple_errors::multiple_errors(const call_site& site, std::vector<item> items)
    : error(errc::multiple_errors, site, list(items)),
      items_(std::make_shared<const std::vector<item>>(std::move(items))) {}

namespace detail {

void fail(errc code, const call_site& site, std::string what, error_context context) {
  throw error(code, site, std::move(what), context);
}

void fail_length(const call_site& site, std::size_t expected, std::size_t actual) {
  throw error(errc::invalid_buffer, site, fmt::format("expected {} elements, got {}", expected, actual),
              {.expected = expected, .actual = actual});
}

void fail_overlap(const call_site& site) {
  throw error(errc::invalid_buffer, site,
              "send and receive buffers overlap; the in_place form reads and writes one buffer");
}

void fail_root(const call_site& site, int root) {
  throw error(errc::invalid_root, site, fmt::format("root {} of {} ranks", root, site.size), {.root = root});
}

void fail_peer(const call_site& site, int peer) {
  throw error(errc::invalid_rank, site, fmt::format("rank {} of {} ranks", peer, site.size), {.peer = peer});
}

void fail_tag(const call_site& site, int tag) {
  throw error(errc::invalid_tag, site, fmt::format("tag {}, expected 0 to {}", tag, max_tag), {.tag = tag});
}

}  // namespace detail
}  // namespace twill::comm
