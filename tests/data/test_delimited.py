"""Quotes and delimiters of CSV and TSV: read as they are written, or refused with the line; in predicting, too."""

import gzip
import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.config import DataConfig
from bench.data.read import load_pool
from bench.errors import UserError
from bench.predict.texts import Reading, from_file

ROWS = [(f"we season match {n}", "sport") if n % 2 else (f"interest shares {n}", "money") for n in range(40)]


def tsv(rows, header="text\tlabel"):
    return header + "\n" + "".join("\t".join(row) + "\n" for row in rows)


def quoted(*numbers):
    return [(f'"{text}' if n in numbers else text, label) for n, (text, label) in enumerate(ROWS)]


@pytest.fixture
def read(tmp_path):
    """Texts and labels that training reads of a file; prediction has to read the same texts, or refuse as well."""

    def both(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        data = DataConfig(name="mine", source="file", path=str(path), **options)
        names = ("encoding", "delimiter", "quoting")
        reading = Reading(**{name: options[name] for name in names if name in options})
        try:
            pool = load_pool(data, cache=tmp_path, mirror_dir=None)
        except UserError:
            with pytest.raises(UserError):
                from_file(str(path), data.text_column, reading)
            raise
        assert from_file(str(path), data.text_column, reading).whole().texts == list(pool.texts)
        return list(zip(pool.texts, pool.labels, strict=True))

    return both


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (tsv(quoted(0, 6, 12)), "line 8: text stands behind a closing quote (its row begins at line 2)"),
        (tsv([row[::-1] for row in quoted(0, 6)], "label\ttext"), "line 8: text stands behind a closing quote"),
        (tsv(quoted(10)), "line 12: unexpected end of data at line 41: a quote is opened here and never closed"),
        (
            tsv([*quoted(3)[:8], (ROWS[8][0] + '"', "money"), *ROWS[9:]]),
            "line 5: a quote is opened here and closed at line 10, and what is between looks like rows of its own",
        ),
        (tsv([(f'"{ROWS[0][0]}', "money"), *ROWS[1:-1], (ROWS[-1][0] + '"', "sport")]), "closed at line 41"),
        (
            tsv(
                [row[::-1] for row in quoted(3)[:8]] + [("money", 'bank "')] + [row[::-1] for row in ROWS],
                "label\ttext",
            ),
            "line 5: a quote is opened here and closed at line 10",
        ),
    ],
)
def test_quotes_that_swallow_rows_are_refused_and_can_be_read_as_they_are(read, content, expected):
    for name, text in (("x.tsv", content), ("x.csv", content.replace("\t", ","))):
        with pytest.raises(UserError) as caught:
            read(name, text)
        assert expected in str(caught.value)
        assert "data.quoting=none reads them as they are" in str(caught.value)
        rows = read(name, text, quoting="none")
        assert len(rows) == content.count("\n") - 1
        assert {label for _, label in rows} == {"sport", "money"}
        assert any('"' in text for text, _ in rows)


def test_what_looks_like_rows_is_one_text_where_that_is_asked_for(read):
    content = tsv([*quoted(3)[:8], (ROWS[8][0] + '"', "money"), *ROWS[9:]])
    assert len(read("x.tsv", content, quoting="standard")) == len(ROWS) - 5


@pytest.mark.parametrize("columns", [("text", "label"), ("label", "text")])
def test_texts_of_several_lines_with_commas_and_quotes_are_read(read, columns, caplog):
    rows = [(f'Dear all, {n}\n\nthe "sport, as they say,\nwas fine', ("sport", "money")[n % 2]) for n in range(20)]
    cells = [dict(zip(("text", "label"), row, strict=True)) for row in rows]
    lines = [",".join('"' + cell[name].replace('"', '""') + '"' for name in columns) for cell in cells]
    assert read("x.csv", ",".join(columns) + "\r\n" + "\r\n".join(lines)) == rows
    assert "80 lines gave 20 rows" in caplog.text


def test_inch_marks_and_quotes_in_a_text_are_a_part_of_it(read):
    assert read("x.tsv", 'text\tlabel\na 12" pipe\ta\nsay "so"\tb\n') == [('a 12" pipe', "a"), ('say "so"', "b")]


def test_backslashes_before_quotes(read):
    content = 'text,label\n"he said \\"hi, you\\" to me",sport\n"bank",money\n'
    with pytest.raises(UserError, match=r"line 2: .*data.quoting=backslash reads quotes after a backslash"):
        read("x.csv", content)
    assert read("x.csv", content, quoting="backslash")[0] == ('he said "hi, you" to me', "sport")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("text;label\na, b;x\nc;y\n", {}),
        ("text\tlabel\na, b\tx\nc\ty\n", {}),
        ("text|label\na, b|x\nc|y\n", {}),
        ("sep=;\ntext;label\na, b;x\nc;y\n", {}),
        ('"sep=;"\r\ntext;label\r\na, b;x\r\nc;y\r\n', {}),
        ("text~label\na, b~x\nc~y\n", {"delimiter": "~"}),
        ("text;label\na, b;x\nc;y\n", {"delimiter": "semicolon"}),
        ("text;label\na, b;x\nc;y\n".encode("utf-16"), {"encoding": "utf-16"}),
        (gzip.compress(b"text;label\na, b;x\nc;y\n", mtime=0), {}),
    ],
)
def test_delimiters_are_found_or_given(read, content, options, caplog):
    name = "x.csv.gz" if content[:2] == b"\x1f\x8b" else "x.csv"
    assert read(name, content, **options) == [("a, b", "x"), ("c", "y")]
    assert ("columns are separated by" in caplog.text) == ("delimiter" not in options)


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_what_is_no_delimiter_is_refused(read, delimiter):
    with pytest.raises(UserError, match=r"data.delimiter="):
        read("x.csv", "text,label\na,x\n", delimiter=delimiter)


def test_rows_that_are_too_short_or_long_are_named_together(read):
    content = "text,label\na,x\nb, c,x\nd\n" + "e,f,g,h\n" * 5
    with pytest.raises(UserError) as caught:
        read("x.csv", content)
    assert "x.csv, line 3: 3 fields where the header has 2, line 4: 1, line 5: 4" in str(caught.value)
    assert "and 2 more rows" in str(caught.value)


def test_lines_are_those_of_an_editor_and_rows_those_of_a_spreadsheet(read):
    with pytest.raises(UserError, match=r"x.csv, lines 2, 5 \(row 4 of a spreadsheet\)"):
        read("x.csv", 'label,text\na,\n"b\nc",x\nd,\n')


def test_blank_lines_are_rows_of_a_spreadsheet(read):
    """They are no rows of the data."""
    with pytest.raises(UserError, match=r"x.csv, line 5 \(row 4 of a spreadsheet\)"):
        read("x.csv", 'label,text\n\nx,"a\nb"\nx,\n')
    with pytest.raises(UserError, match=r"x.csv, line 6 \(row 4 of a spreadsheet\)"):
        read("x.csv", 'sep=,\nlabel,text\n\nx,"a\nb"\nx,\n')


def test_rows_without_text_or_label_are_told_with_what_to_do(tmp_path):
    (path := tmp_path / "x.csv").write_text("text,label\na,x\nb,\n,x\n")
    with pytest.raises(UserError) as caught:
        load_pool(DataConfig(name="mine", source="file", path=str(path)), cache=tmp_path, mirror_dir=None)
    assert "line 3: give these rows a label, or data.drop_unlabelled=true leaves them out; no text in" in str(
        caught.value
    )
    assert str(caught.value).endswith("line 4; data.drop_empty=true leaves out rows without a text")


@pytest.mark.parametrize("header", ["Nr;Subject;Queue", "Nr\tSubject\tQueue", "Nr|Subject|Queue"])
def test_columns_of_other_names_are_told_before_delimiters(read, header):
    """Commas in texts make no file of one column out of one with another delimiter."""
    delimiter = header[2]
    rows = [delimiter.join((str(number), f"Hello, I ask, {number}", "x")) for number in range(9)]
    with pytest.raises(UserError, match=r"not there.*; columns are Nr, Subject, Queue"):
        read("x.csv", "\n".join((header, *rows)) + "\n")


@pytest.mark.parametrize(("second", "verb"), [("b", "1 row go"), ('"b\nd"', "2 rows go")])
def test_rows_of_several_lines_are_counted(read, caplog, second, verb):
    read("x.csv", f'text,label\n"a\nc",x\n{second},x\nc,y\n')
    assert f"quoted cells of {verb} over several lines" in caplog.text


@pytest.mark.parametrize(
    "place", ["pipe.csv", "/dev/zero", "/dev/null", "name\0.csv", "n" * 300 + ".csv", "~nosuchuser/x.csv"]
)
def test_what_is_no_file_ends_at_once(tmp_path, place):
    if place == "pipe.csv":
        os.mkfifo(place := str(tmp_path / place))
    with pytest.raises(UserError) as caught:
        load_pool(DataConfig(name="mine", source="file", path=place), cache=tmp_path, mirror_dir=None)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError):
        from_file(place, "text")


CELLS = st.text(st.sampled_from("ab \n\r\"',;\t\\|0ä"), max_size=8)


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from(["x.csv", "x.tsv", "x.jsonl", "x.json"]))
def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path_factory, rows, name):
    path = tmp_path_factory.mktemp("odd") / name
    path.write_text("text,label\n" + "\n".join(",".join(row) for row in rows), newline="")
    for quoting in ("auto", "standard", "none", "backslash"):
        data = DataConfig(name="mine", source="file", path=str(path), quoting=quoting, label_column="label")
        try:
            pool = load_pool(data, cache=path.parent, mirror_dir=None)
        except UserError:
            continue
        assert all(Counter(pool.labels).values())


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.lists(st.tuples(CELLS.filter(lambda text: text.strip(" \n\r\t")), st.sampled_from("ab")), min_size=1, max_size=8)
)
def test_what_a_program_writes_is_read_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("written") / "x.csv"
    lines = ["text,label", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    path.write_text("\r\n".join(lines), newline="")
    data = DataConfig(name="mine", source="file", path=str(path), quoting="standard")
    pool = load_pool(data, cache=path.parent, mirror_dir=None)
    assert list(zip(pool.texts, pool.labels, strict=True)) == rows
