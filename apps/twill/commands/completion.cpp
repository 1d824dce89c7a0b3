// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

/// One node of the command tree: its path after "twill" and the words that may follow.
struct node {
  std::string path;
  std::vector<std::pair<std::string, std::string>> words;  ///< word, description
};

void collect(const CLI::App& app, const std::string& path, std::vector<node>& out) {
  node here{path, {}};
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    here.words.emplace_back(sub->get_name(), sub->get_description());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      here.words.emplace_back("--" + name, option->get_description());
  }
  out.push_back(std::move(here));
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    collect(*sub, path.empty() ? sub->get_name() : path + ' ' + sub->get_name(), out);
  }
}

std::string joined(const node& n) {
  std::string text;
  for (const auto& [word, description] : n.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Single quotes for the shells: a quote inside becomes '\''.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + '\'';
}

/// The path typed so far decides the words; where it is not a command, files complete.
std::string bash_script(const std::vector<node>& nodes) {
  std::string text =
      "_twill() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} path= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in -*) ;; *) path+=\"${path:+ }${COMP_WORDS[i]}\" ;; esac\n"
      "  done\n"
      "  local words=\n"
      "  case $path in\n";
  for (const node& n : nodes) text += fmt::format("    {}) words={} ;;\n", quoted(n.path), quoted(joined(n)));
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "}\n"
      "complete -o filenames -F _twill twill\n";
  return text;
}

std::string zsh_script(const std::vector<node>& nodes) {
  std::string text =
      "#compdef twill\n"
      "_twill() {\n"
      "  local path= i\n"
      "  local -a list\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case $words[i] in -*) ;; *) path+=\"${path:+ }$words[i]\" ;; esac\n"
      "  done\n"
      "  case $path in\n";
  for (const node& n : nodes) {
    text += fmt::format("    {})\n      list=(", quoted(n.path));
    for (const auto& [word, description] : n.words) {
      std::string safe;  // a colon separates word and description for _describe
      for (const char c : description) safe += c == ':' ? std::string("\\:") : std::string(1, c);
      text += ' ' + quoted(word + ':' + safe);
    }
    text += ") ;;\n";
  }
  text +=
      "  esac\n"
      "  if (( ${#list} )); then _describe 'twill' list; else _files; fi\n"
      "}\n"
      "compdef _twill twill\n";
  return text;
}

std::string fish_script(const std::vector<node>& nodes) {
  std::string text =
      "function __twill_path\n"
      "  set -l words (commandline -opc)\n"
      "  set -e words[1]\n"
      "  string join ' ' -- (string match -v -- '-*' $words)\n"
      "end\n";
  for (const node& n : nodes) {
    for (const auto& [word, description] : n.words) {
      const std::string condition = fmt::format("test (__twill_path) = {}", quoted(n.path));
      const std::string shown =
          word.starts_with("--") ? "-l " + quoted(word.substr(2)) : "-f -a " + quoted(word);
      text += fmt::format("complete -c twill -n \"{}\" {} -d {}\n", condition, shown, quoted(description));
    }
  }
  return text;
}

const registration completion_command{{
    .path = "completion",
    .summary = "Print the completion script of a shell",
    .examples = {{"source <(twill completion bash)", "complete in this bash"},
                 {"twill completion zsh > \"${fpath[1]}/_twill\"", "complete in every zsh"},
                 {"twill completion fish > ~/.config/fish/completions/twill.fish", "complete in every fish"}},
    .define = [](CLI::App& app) -> command_body {
      auto shell = std::make_shared<std::string>();
      app.add_option("shell", *shell, "bash, zsh or fish")
          ->required()
          ->check(CLI::IsMember({"bash", "zsh", "fish"}));
      return [shell](session&) {
        std::vector<node> nodes;
        collect(parser(), "", nodes);
        print(*shell == "bash"  ? bash_script(nodes)
              : *shell == "zsh" ? zsh_script(nodes)
                                : fish_script(nodes));
        return 0;
      };
    },
}};

}  // namespace
}  // namespace twill::apps
