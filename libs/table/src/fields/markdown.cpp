// SPDX-License-Identifier: Apache-2.0
#include "twill/table/json_fields.hpp"
#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::table::json::detail {
namespace {

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

class document_writer {
 public:
  std::string write(const type& root) {
    section(root);
    // Sections of what a section mentions follow it, each once.
    for (std::size_t i = 0; i < queue_.size(); ++i) section(*queue_[i]);
    return std::move(text_);
  }

 private:
  void section(const type& what) {
    if (!text_.empty()) text_ += '\n';
    text_ += fmt::format("### {}\n{}\n\n", what.name, what.doc);
    if (what.form == shape::object) object(what);
    if (what.form == shape::one_of) one_of(what);
    if (what.form == shape::choice) choice(what);
  }

  void mention(const type& what) {
    const type* inside = &what;
    while (inside->inner) inside = inside->inner.get();
    if (inside->form == shape::scalar || inside->form == shape::custom) return;
    if (std::ranges::find(queue_, inside) == queue_.end()) queue_.push_back(inside);
  }

  void object(const type& what) {
    text_ += "| key | type | unit | range | default | meaning |\n|---|---|---|---|---|---|\n";
    for (const field& f : what.fields) {
      text_ += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", f.name, documented_type(*f.content),
                           cell(f.spec.unit), cell(range(f)), default_of(what, f), cell(meaning(f)));
      mention(*f.content);
    }
  }

  static std::string range(const field& f) {
    std::string text = range_words(f.spec);
    const auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
    if (f.spec.min_items && f.spec.min_items == f.spec.max_items) {
      add(fmt::format("exactly {} items", *f.spec.min_items));
    } else {
      if (f.spec.min_items) add(fmt::format("at least {} items", *f.spec.min_items));
      if (f.spec.max_items) add(fmt::format("at most {} items", *f.spec.max_items));
    }
    if (f.spec.non_empty) add("not empty");
    return text;
  }

  static std::string meaning(const field& f) {
    std::string text = f.spec.doc;
    const type& inside = without_optional(*f.content);
    if (inside.form == shape::custom) text += (text.empty() ? "" : " ") + inside.doc;
    if (!f.spec.refers_to.empty())
      text += fmt::format("{}An id of {}.", text.empty() ? "" : " ", f.spec.refers_to);
    return text;
  }

  static std::string default_of(const type& what, const field& f) {
    if (f.content->form == shape::optional) return "none";
    if (!f.spec.defaulted) return "required";
    const std::string text = json_text(*f.content, f.member(what.prototype.get()));
    return text.empty() ? "as below" : fmt::format("`{}`", text);
  }

  void one_of(const type& what) {
    text_ += fmt::format("| `{}` | content |\n|---|---|\n", what.tag);
    for (const alternative& a : what.alternatives) {
      text_ += fmt::format("| `{}` | {} |\n", quoted(a.word), a.object->name);
      mention(*a.object);
    }
  }

  void choice(const type& what) {
    text_ += "| word | meaning |\n|---|---|\n";
    for (const choice_word& w : what.words)
      text_ += fmt::format("| `{}` | {} |\n", quoted(w.word), cell(w.doc));
  }

  std::string text_;
  std::vector<const type*> queue_;
};

}  // namespace

std::string markdown(const type& what) { return document_writer().write(what); }

}  // namespace twill::table::json::detail
