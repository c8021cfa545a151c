"""Hostile texts for each target, one by one."""

import csv
import io
import json
import shlex
import subprocess

import pytest
import yaml

from bench.escape import latex, markdown, sheet, shell, terminal, xml
from bench.escape.characters import visible, visible_line
from bench.escape.filename import LONGEST, FileNames, slug
from bench.escape.literals import double_quoted, option_value
from bench.escape.secrets import masked, masked_override


def test_characters_that_are_not_seen_are_shown():
    assert visible("a\x1b[2J\x07\x9b\u202eb\u200bc\n\td") == r"a\x1b[2J\x07\x9b\u202eb\u200bc" + "\n\td"
    assert visible_line("a\n\tb\r") == r"a\n\tb\r"
    assert visible("naïve 日本 👩\u200d👧") == "naïve 日本 👩\u200d👧"
    assert visible("\ud800") == r"\ud800"


@pytest.mark.parametrize(
    "text", ["../../owned", "orgA/mini", "/etc/passwd", "..", "", "x" * 300, "日本", "a\x00b", "CON", "com1", ".hid"]
)
def test_file_names_are_safe(text):
    name = slug(text)
    assert name == name.lower()
    assert name.replace("_", "").replace("-", "").isalnum()
    assert 0 < len(name) <= LONGEST
    assert name not in ("con", "com1")


def test_file_names_are_told_apart_on_every_file_system():
    names = FileNames()
    made = [names.take(text, "_X") for text in ("Ab", "aB", "a/b", "a b", "a_b", "x" * 300, "x" * 301)]
    assert len({name.lower() for name in made}) == len(made)
    assert made[:4] == ["ab_X", "ab_X_2", "a_b_X", "a_b_X_2"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+SUM(1)", "-2+3", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＠x", "\u200b=1", "\ufeff+1x", "-1|cmd",
     "+1 (cmd)", "=cmd|' /C calc'!A0", "-", "－1"],
)  # fmt: skip
def test_formulas_have_an_apostrophe(text):
    assert sheet.guarded(text) == f"'{text}"
    assert sheet.unguarded(sheet.guarded(text)) == text


@pytest.mark.parametrize(
    "text",
    ["-0.021", "+1", "-1e-05", "-.5", "-3,000", "-0.021 [-0.030, -0.012]", "+0.1 ±0.01 (3 seeds)", "-2 %", "a=b", "",
     "-0.250 ±<0.001 (1 of 3 seeds; 2 not run)", "'t was", "−5", "1-2", "+0.10 [0.02, ∞)"[:-5] + "0.2]"],
)  # fmt: skip
def test_numbers_and_plain_texts_have_none(text):
    assert sheet.guarded(text) == text
    assert sheet.unguarded(text) == text


def test_frames_keep_their_numbers():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [-1.5, None], "b": ["=x", "-2"], "c": pd.Categorical(["@", "a\x1b"])})
    rows = list(csv.reader(io.StringIO(sheet.frame_csv(frame).decode())))
    assert rows == [["a", "b", "c"], ["-1.5", "'=x", "'@"], ["", "-2", r"a\x1b"]]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[red] x", "{[}red{]} x"),
        ("*", "{*}"),
        ("a_b & 50% $x$ {#}", r"a\_b \& 50\% \$x\$ \{\#\}"),
        (r"x}\typeout{I}", r"x\}\textbackslash{}typeout\{I\}"),
        ("＝１", "=1"),
        ("é Č ß <", r"\'{e} \v{C} \ss{} \textless{}"),
        ("你", r"{\ttfamily U+4F60}"),
        ("a\x1b\u202e\nb", "a b"),
        ("^^5c~", r"\textasciicircum{}\textasciicircum{}5c\textasciitilde{}"),
    ],
)
def test_latex(text, written):
    assert latex.latex(text) == written
    assert latex.latex(text).isascii()


@pytest.mark.parametrize(
    ("text", "written"),
    [("---", r"\---"), ("===", r"\==="), ("- a", r"\- a"), ("+ a", r"\+ a"), ("1. a", r"1\. a"), ("-0.02", "-0.02")],
)
def test_markdown_begins_no_block(text, written):
    assert markdown.escape(text) == written


def test_code_spans_hold_every_backtick():
    assert markdown.code("a") == "`a`"
    assert markdown.code("`a`b`` <img>") == "``` `a`b`` <img> ```"
    assert markdown.code("a|b\n# c", in_table=True) == r"`a\|b\n# c`"


@pytest.mark.parametrize("text", ["a b", "x'; touch y", "$(id)", "new\nline", "\x1b[31m", "tab\t'q' \\", "é\u202e"])
def test_a_shell_reads_the_word_as_it_was(text):
    word = shell.word(text)
    assert "\n" not in word
    assert "\x1b" not in word
    told = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert told.stdout.decode() == text
    if visible_line(text) == text:
        assert shlex.split(word) == [text]


@pytest.mark.parametrize("text", ['a"b', "a\nb: c", "#x", "\x1b\u202e\u2028", "日本 👍", "\\", "---"])
def test_literals_are_the_same_in_python_json_and_yaml(text):
    written = double_quoted(text)
    assert written.isprintable()
    assert eval(written) == json.loads(written) == yaml.safe_load(written) == text


def test_a_value_is_written_as_it_is_given():
    values = [None, True, 1e-4, "a b", ["query", "value"], {"query": 4, "bias": False}, (0, 2)]
    written = ["null", "true", "0.0001", "a b", "[query,value]", "{query:4,bias:false}", "[0,2]"]
    assert [option_value(value) for value in values] == written


def test_xml_allows_what_is_left():
    assert xml.well_formed("a\x00\x1b\ud800b\n") == "a\ufffd\ufffd\ufffdb\n"


def test_the_terminal_gets_neither_commands_nor_markup(capsys):
    terminal.say("[/] [bold]x \x1b]0;owned\x07 https://u:pw@host/x")
    console = terminal.Plain(width=100)
    console.print("[/] [bold]x :smile: \x1b[2J")
    console.print(terminal.line("[/]\n\x1b"))
    told = capsys.readouterr().out
    assert "[/] [bold]x \\x1b]0;owned\\x07 https://u:***@host/x" in told
    assert "[/] [bold]x :smile: \\x1b[2J" in told
    assert "[/]\\n\\x1b" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mirror_dir=https://user:PW@host/x", "mirror_dir=https://user:***@host/x"),
        ("'http://user:p@ss@host:80/x' failed", "'http://user:***@host:80/x' failed"),
        ("https://tok3n@host/x", "https://***@host/x"),
        ("no file /home/me/https:/user:PW@host/x", "no file /home/me/https:/user:***@host/x"),
        ("C:/users/a@b and D:/a:b@c", "C:/users/a@b and D:/a:b@c"),
        ("get https://h/x?a=1&access_token=abc&b=2", "get https://h/x?a=1&access_token=***&b=2"),
        ("hf_abcdefghijklmnopqrst0123 is wrong", "hf_*** is wrong"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("+hydra.launcher.options.token=abc and more", "+hydra.launcher.options.token=*** and more"),
        ("sorted(x, key=lambda y: 1)", "sorted(x, key=lambda y: 1)"),
        ("hf_hub_download_with_everything()", "hf_hub_download_with_everything()"),
        ("data.text_column=key model.max_tokens=5", "data.text_column=key model.max_tokens=5"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("method.options.projection_prng_key=5 x", "method.options.projection_prng_key=5 x"),
        ("data.sort_key=name, pad_token=None", "data.sort_key=name, pad_token=None"),
        ("x.wandb_api_key=5 and x.secret-key='a b'", "x.wandb_api_key=*** and x.secret-key=***"),
        ("x.wandb_key=0a1b2c3d4e5f60718293", "x.wandb_key=***"),
        ("x={user:me,api_key:abc,token:'a b'}", "x={user:me,api_key:***,token:***}"),
        ('{"password": "abc", "prng_key": 5}', '{"password": ***, "prng_key": 5}'),
        ("the password: it is wrong, token: none", "the password: it is wrong, token: none"),
    ],
)
def test_secrets_are_masked(text, written):
    assert masked(text) == written


def test_an_option_that_sounds_secret_is_masked_whole():
    assert masked_override("+x.api_key='a b'") == "+x.api_key=***"
    assert masked_override("++key=1") == "++key=***"
    assert masked_override("x.PASSWORD=[1,2]") == "x.PASSWORD=***"
    assert masked_override("+x.access_key=1") == "+x.access_key=***"
    assert masked_override("+x.openai_key=sk0123456789abcdefgh") == "+x.openai_key=***"
    assert masked_override("model.name=x") == "model.name=x"
    assert masked_override("method.options.projection_prng_key=5") == "method.options.projection_prng_key=5"
    assert masked_override("+x.sort_key=name") == "+x.sort_key=name"
    assert masked_override("data.label_column=secret") == "data.label_column=secret"
