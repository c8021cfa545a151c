"""`bench completion SHELL`: what a shell runs to complete the words of `bench`; prints the shell's own few lines.

Reads names of files alone, and imports nothing heavy: a shell waits for it at every press of the tab key.
"""

import sys
from collections.abc import Iterator

from bench.escape.terminal import say
from bench.options.listed import choices, groups, options

BASH = r"""_bench() {
    local line=${COMP_LINE:0:COMP_POINT} word prefix="" IFS=$'\n'
    word=${line##* }
    [[ $word == *=* && $COMP_WORDBREAKS == *=* ]] && prefix=${word%"${word##*=}"}
    COMPREPLY=($(bench completion --line "$line" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -o default -F _bench bench
"""
ZSH = r"""#compdef bench
_bench() {
    local -a found
    found=("${(@f)$(bench completion --line "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
    [[ -n ${found[1]} ]] && compadd -Q -S '' -- $found || _files
}
compdef _bench bench
"""
FISH = r"""complete -c bench -f -a '(bench completion --line (commandline --cut-at-cursor | string collect))'
complete -c bench -n '__fish_seen_subcommand_from init predict' -F
"""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
HOW = """bash, in ~/.bashrc:  eval "$(bench completion bash)"
zsh, in ~/.zshrc:    eval "$(bench completion zsh)"     (after compinit)
fish, once:          bench completion fish > ~/.config/fish/completions/bench.fish"""


def main() -> int:
    """Print what the command line asks for; 2 where that is no shell."""
    given = sys.argv[1:]
    if given[:1] == ["--line"]:
        print("\n".join(candidates(" ".join(given[1:]))))
        return 0
    if len(given) == 1 and given[0] in SHELLS:
        print(SHELLS[given[0]], end="")
        return 0
    if given and given[0] in ("-h", "--help"):
        print(f"usage: bench completion {'|'.join(SHELLS)}\n\n{HOW}")
        return 0
    say(f"error: bench completion takes one of {', '.join(SHELLS)}", error=True)
    return 2


def candidates(line: str) -> list[str]:
    """The words that may stand where the last one of `line` is being written; `bench` is its first."""
    from bench.command import VERBS

    *before, word = line.split(" ")
    words = [one for one in before if one][1:]
    if not words:
        return [name for name in (*VERBS, "--help", "--version") if name.startswith(word)]
    if words[0] == "completion":
        return [name for name in SHELLS if name.startswith(word)]
    verb = VERBS.get(words[0])
    return list(_of_grid(words, word, verb.usage)) if verb is not None and "OPTION=VALUE" in verb.usage else []


def _of_grid(words: list[str], word: str, usage: str) -> Iterator[str]:
    name, is_value, value = word.partition("=")
    if is_value:
        *given, last = value.split(",")
        head = f"{name}=" + "".join(f"{one}," for one in given)
        yield from (f"{head}{one}" for one in choices(name) if one.startswith(last) and one not in given)
        return
    has_experiment = any("=" not in one and not one.startswith("-") for one in words[1:])
    if "EXPERIMENT" in usage and not has_experiment:
        yield from (one for one in choices("experiment") if one.startswith(word))
    names = [one for one in (*groups(), *options()) if one != "experiment"]
    yield from (f"{one}=" for one in dict.fromkeys(names) if one.startswith(word))
