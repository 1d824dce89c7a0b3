// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"
#include "twill/comm/types.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::comm {

/// What can go wrong between ranks.
enum class errc {
  invalid_communicator = 1,
  invalid_buffer,
  invalid_count,
  invalid_type,
  invalid_op,
  invalid_root,
  invalid_rank,
  invalid_tag,
  invalid_argument,
  truncated,        ///< a message is longer than the buffer that receives it
  invalid_request,  ///< a request that was moved from or already handed its result out
  multiple_errors,  ///< several requests failed; each is listed
  pending,
  allocation_failed,
  invalid_window,
  rma_sync,
  rma_conflict,
  rma_range,
  rma_attach,
  rma_shared,
  rma_flavor,
  invalid_info,
  io_error,
  invalid_session,
  rank_failed,  ///< a rank died, or left while others wait for it
  revoked,
  not_supported,
  backend_failure,
  not_initialized,
  already_initialized,
  finalized,
  init_failed,
  backend_unavailable,
  unknown_backend,
  bad_configuration,
  missing_configuration,
  concurrent_collective,  ///< two threads in collectives of one communicator at once
  collective_mismatch,    ///< ranks called different operations, or with arguments that do not fit
  would_deadlock,
  request_active,
  timed_out,
  cancelled,
  type_mismatch,
  job_aborted,  ///< another rank aborted the job
  protocol_error
};

/// The category `twill.comm`.
[[nodiscard]] const category& comm_category() noexcept;
/// The code with its category, as the standard library asks of an error code enumeration.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;
/// True when the communicator stays usable after an error of this code.
[[nodiscard]] bool recoverable(errc code) noexcept;

/// Where in the program of ranks an error happened.
struct call_site {
  std::string_view operation = "call";         ///< static text: `allreduce`
  backend_kind backend = backend_kind::local;  ///< who carried it
  int rank = 0;                                ///< of the communicator
  int size = 1;                                ///< of the communicator
};

/// The figures of an error, as far as they are known.
struct error_context {
  std::optional<std::size_t> expected{};   ///< a length, count or limit
  std::optional<std::size_t> actual{};     ///< what it is instead
  std::optional<int> root{};               ///< of a rooted operation
  std::optional<int> peer{};               ///< the other rank
  std::optional<int> tag{};                ///< of a message
  std::optional<std::size_t> requested{};  ///< bytes of an allocation
};

/// Every error of this part: `comm error in allreduce [shm, rank 3/16]: invalid_buffer: ...`.
class error : public twill::error {
 public:
  /// Effects: composes the message once.
  error(errc code, const call_site& site, std::string what, error_context context = {}, int native_class = 0,
        int native_code = 0);

  /// The whole message.
  [[nodiscard]] const char* what() const noexcept override;
  /// The operation's name as one calls it.
  [[nodiscard]] std::string_view operation() const noexcept;
  /// Who carried it.
  [[nodiscard]] backend_kind backend() const noexcept;
  /// The calling rank in its communicator.
  [[nodiscard]] int rank() const noexcept;
  /// The number of ranks in its communicator.
  [[nodiscard]] int size() const noexcept;
  /// The class that a library below gave, 0 where there is none.
  [[nodiscard]] int native_class() const noexcept;
  /// The code that a library below or the operating system gave, 0 where there is none.
  [[nodiscard]] int native_code() const noexcept;
  /// Expected and actual figures, root, peer, tag.
  [[nodiscard]] const error_context& context() const noexcept;

 private:
  struct facts;
  std::shared_ptr<const facts> facts_;
};

/// Several requests failed in one wait: each with its place in the span that was waited for.
class multiple_errors : public error {
 public:
  /// One failed request.
  struct item {
    std::size_t index = 0;        ///< place among the requests
    std::exception_ptr reason{};  ///< what waiting for it alone would have thrown
  };
  /// Of one wait.
  multiple_errors(const call_site& site, std::vector<item> items);
  /// In the order of the requests.
  [[nodiscard]] const std::vector<item>& items() const noexcept { return *items_; }

 private:
  std::shared_ptr<const std::vector<item>> items_;
};

namespace detail {

// Out of line and cold, so that checks cost a compare and a branch.
[[noreturn]] void fail(errc code, const call_site& site, std::string what, error_context context = {});
[[noreturn]] void fail_length(const call_site& site, std::size_t expected, std::size_t actual);
[[noreturn]] void fail_overlap(const call_site& site);
[[noreturn]] void fail_root(const call_site& site, int root);
[[noreturn]] void fail_peer(const call_site& site, int peer);
[[noreturn]] void fail_tag(const call_site& site, int tag);

}  // namespace detail
}  // namespace twill::comm

/// Lets an `errc` become a `std::error_code`.
template <>
struct std::is_error_code_enum<twill::comm::errc> : std::true_type {};
