// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/checkpoint.hpp"

#include "twill/base/checksum.hpp"
#include "twill/base/error.hpp"
#include "twill/base/event.hpp"
#include "twill/base/number.hpp"
#include "twill/hybrid/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace twill::hybrid {
namespace {

namespace fs = std::filesystem;

// File: magic, version, length of the head; the head (iteration, identity); CRC of all that; the content; its
// length, its CRC, and the magic again. Numbers in the byte order of the machine that wrote them: a file of
// another order has another magic.
constexpr std::uint64_t magic = 0x314b'4344'4952'4259;
constexpr std::uint32_t format_version = 1;
constexpr std::string_view extension = ".twck";
struct trailer {
  std::uint64_t length;
  std::uint32_t crc;
  std::uint32_t version;
  std::uint64_t magic;
};
static_assert(sizeof(trailer) == 24);

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string head_of(const checkpoint_options& options, std::uint64_t iteration) {
  std::string head;
  put(head, iteration);
  put(head, static_cast<std::uint32_t>(options.identity.size()));
  for (const identity_field& f : options.identity) {
    put(head, f.value);
    put(head, static_cast<std::uint32_t>(f.name.size()));
    head += f.name;
  }
  std::string out;
  put(out, magic);
  put(out, format_version);
  put(out, static_cast<std::uint32_t>(head.size()));
  out += head;
  put(out, crc32c(out));
  return out;
}

[[noreturn]] void corrupt(const std::string& path, const char* what) {
  throw twill::error(twill::errc::corrupt_data, {.what = what, .where = twill::location{.file = path}});
}

class reader {
 public:
  reader(std::span<const std::byte> bytes, const std::string& path) : rest_(bytes), path_(path) {}
  template <class T>
  T take() {
    T value{};
    const auto from = bytes(sizeof(T));
    std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> bytes(std::size_t n) {
    if (n > rest_.size()) corrupt(path_, "the checkpoint ends within its head");
    const auto out = rest_.first(n);
    rest_ = rest_.subspan(n);
    return out;
  }
  [[nodiscard]] std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  std::span<const std::byte> rest_;
  const std::string& path_;
};

struct head {
  std::uint64_t iteration = 0;
  std::vector<identity_field> identity;
};

// Throws corrupt_data for whatever is not a whole checkpoint.
std::pair<head, std::span<const std::byte>> parse(std::span<const std::byte> all, const std::string& path) {
  reader r(all, path);
  if (r.take<std::uint64_t>() != magic) corrupt(path, "not a checkpoint of this machine's byte order");
  if (r.take<std::uint32_t>() != format_version) corrupt(path, "a checkpoint of another format version");
  const auto length = r.take<std::uint32_t>();
  static_cast<void>(r.bytes(length));
  const std::size_t covered = all.size() - r.rest().size();
  if (r.take<std::uint32_t>() != crc32c(all.first(covered)))
    corrupt(path, "the checkpoint's head is damaged");
  head h;
  reader in(all.subspan(16, length), path);
  h.iteration = in.take<std::uint64_t>();
  const auto fields = in.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < fields; ++i) {
    identity_field f;
    f.value = in.take<std::uint64_t>();
    const auto name = in.bytes(in.take<std::uint32_t>());
    f.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
    h.identity.push_back(std::move(f));
  }
  const auto rest = r.rest();
  if (rest.size() < sizeof(trailer)) corrupt(path, "the checkpoint is cut short");
  trailer t{};
  std::memcpy(&t, rest.data() + (rest.size() - sizeof(t)), sizeof(t));
  const auto content = rest.first(rest.size() - sizeof(t));
  if (t.magic != magic || t.version != format_version || t.length != content.size())
    corrupt(path, "the checkpoint is cut short");
  if (t.crc != crc32c(content)) corrupt(path, "the checkpoint's content is damaged");
  return {std::move(h), content};
}

void compare(const head& found, const checkpoint_options& options, start_mode mode, const std::string& path) {
  for (const identity_field& want : options.identity) {
    if (mode == start_mode::warm_start && !want.for_warm_start) continue;
    const auto at = std::ranges::find(found.identity, want.name, &identity_field::name);
    if (at != found.identity.end() && at->value == want.value) continue;
    throw error(errc::checkpoint_mismatch,
                {.what = "the checkpoint belongs to another run: " + want.name,
                 .where = twill::location{.file = path},
                 .found = at == found.identity.end() ? "none" : fmt::format("{:#x}", at->value),
                 .expected = fmt::format("{:#x}", want.value),
                 .hint = "start afresh, or in another folder"});
  }
}

std::string file_name(const checkpoint_options& options, std::uint64_t iteration) {
  return fmt::format("{}-{:012}{}", options.name, iteration, extension);
}

// The iteration in a file's name; nothing for other files.
std::optional<std::uint64_t> iteration_of(const checkpoint_options& options, const std::string& file) {
  const std::string front = options.name + "-";
  if (!file.starts_with(front) || !file.ends_with(extension)) return std::nullopt;
  const auto number = parse_uint64(
      std::string_view(file).substr(front.size(), file.size() - front.size() - extension.size()));
  return number ? std::optional(number.value) : std::nullopt;
}

// A writer that was killed leaves its temporary file, unlocked.
void remove_stale(const checkpoint_options& options) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options.folder, ignored)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with("." + options.name + "-") || !file.ends_with(".twill-tmp")) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    ::close(fd);
  }
}

[[noreturn]] void cannot_write(const std::string& path, const std::string& step, int code) {
  throw twill::error(code == ENOSPC || code == EDQUOT ? twill::errc::disk_full : twill::errc::cannot_write,
                     {.what = step + ": " + std::strerror(code), .where = twill::location{.file = path}});
}

void move_link(const checkpoint_options& options, const std::string& target) {
  const std::string link = options.folder + "/" + options.name + "-latest";
  const std::string temporary = fmt::format("{}.{}", link, ::getpid());
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    cannot_write(temporary, "cannot make the link", errno);
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary.c_str());
    cannot_write(link, "cannot move the link", code);
  }
  const int folder = ::open(options.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) cannot_write(options.folder, "cannot open the folder", errno);
  const int code = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (code != 0) cannot_write(options.folder, "cannot flush the folder", code);
}

}  // namespace

checkpoint_sink::checkpoint_sink(const checkpoint_options& options, std::uint64_t iteration)
    : options_(options), iteration_(iteration) {
  std::error_code failed;
  fs::create_directories(options.folder, failed);
  if (failed) cannot_write(options.folder, "cannot create the folder", failed.value());
  remove_stale(options);
  file_ = std::make_unique<atomic_file_writer>(options.folder + "/" + file_name(options, iteration));
  file_->write(head_of(options, iteration));
}

checkpoint_sink::checkpoint_sink(checkpoint_sink&&) noexcept = default;
checkpoint_sink& checkpoint_sink::operator=(checkpoint_sink&&) noexcept = default;
checkpoint_sink::~checkpoint_sink() = default;

void checkpoint_sink::write(std::span<const std::byte> bytes) noexcept {
  if (!wanted() || failed_) return;
  try {
    file_->write(bytes);
    crc_ = crc32c(bytes, crc_);
    size_ += bytes.size();
  } catch (const twill::error& e) {
    failed_ = std::make_unique<twill::error>(e);
  }
}

std::string checkpoint_sink::commit() {
  if (!wanted()) return {};
  if (failed_) throw twill::error(*failed_);
  const trailer t{size_, crc_, format_version, magic};
  file_->write(std::as_bytes(std::span(&t, 1)));
  file_->commit();
  const std::string path = file_->path();
  move_link(options_, file_name(options_, iteration_));
  const auto files = checkpoint_files(options_);
  for (std::size_t i = std::max<std::size_t>(1, options_.keep); i < files.size(); ++i)
    ::unlink(files[i].c_str());
  file_.reset();
  return path;
}

void checkpoint_source::copy(std::span<std::byte> into) {
  if (into.size() > rest_.size()) {
    throw twill::error(twill::errc::corrupt_data, {.what = "the checkpoint has less content than is read",
                                                   .where = location{},
                                                   .found = fmt::format("{} bytes", rest_.size()),
                                                   .expected = fmt::format("{} bytes", into.size())});
  }
  // An empty span may have no address, which memcpy must not be given.
  if (!into.empty()) std::memcpy(into.data(), rest_.data(), into.size());
  rest_ = rest_.subspan(into.size());
}

std::vector<std::string> checkpoint_files(const checkpoint_options& options) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(options.folder, absent)) {
    const std::string file = entry.path().filename().string();
    if (const auto iteration = iteration_of(options, file))
      found.emplace_back(*iteration, options.folder + "/" + file);
  }
  std::ranges::sort(found, std::ranges::greater{});
  std::vector<std::string> out;
  for (auto& f : found) out.push_back(std::move(f.second));
  return out;
}

std::optional<loaded_checkpoint> load_newest(const checkpoint_options& options, start_mode mode,
                                             std::vector<std::string>& warnings) {
  for (const std::string& path : checkpoint_files(options)) {
    try {
      const mapped_file file(path);
      const auto [h, content] = parse(file.bytes(), path);
      compare(h, options, mode, path);
      return loaded_checkpoint{path, h.iteration, {content.begin(), content.end()}};
    } catch (const twill::error& e) {
      if (e.code() != twill::errc::corrupt_data && e.code() != twill::errc::cannot_read) throw;
      warnings.push_back(fmt::format("{}; the one before it is used", e.what()));
      emit(event_level::warning, "hybrid.checkpoint.passed_over", warnings.back(), {{"path", path}});
    }
  }
  return std::nullopt;
}

}  // namespace twill::hybrid
