"""A text that is made of several columns."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.config import DataConfig
from bench.data.read import load_pool
from bench.errors import UserError
from bench.predict.texts import Reading, from_file
from tests.support import cli

CSV = "subject,body,label,Größe {cm}\nHello,all is well,a,1\n,only a body,a,2\nonly a subject,,b,3\n , ,b,4\n"


@pytest.fixture
def texts(tmp_path):
    def read(content=CSV, name="t.csv", **options):
        if isinstance(content, pa.Table):
            pq.write_table(content, tmp_path / name)
        else:
            (tmp_path / name).write_text(content)
        data = DataConfig(name="mine", source="file", path=str(tmp_path / name), **options)
        return load_pool(data, cache=tmp_path, mirror_dir=None).texts

    return read


BOTH = {"text_column": ("subject", "body"), "drop_empty": True}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("Hello\n\nall is well", "only a body", "only a subject")),
        ({"text_column": ("body", "subject")}, ("all is well\n\nHello", "only a body", "only a subject")),
        ({"text_template": "{subject} | {body}"}, ("Hello | all is well", "only a body", "only a subject")),
        (
            {"text_template": "Re: {subject}\nText: {body} {{end}}"},
            ("Re: Hello\nText: all is well {end}", "Text: only a body {end}", "Re: only a subject {end}"),
        ),
        ({"text_column": "body", "text_template": "<{body}>"}, ("<all is well>", "<only a body>")),
    ],
)
def test_columns_are_joined_and_what_is_blank_is_left_out(texts, options, expected):
    assert texts(**{**BOTH, **options}) == expected


def test_a_row_without_any_of_them_has_no_text(texts):
    with pytest.raises(UserError, match=r"no text in data.text_column=subject,body, t.csv, line 5; data.drop_empty"):
        texts(text_column=("subject", "body"))


def test_every_format_gives_the_same(texts):
    rows = [{"subject": "Hello", "stars": 5, "body": "all is well", "label": "a"}, {"body": "x", "label": "b"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    table = pa.Table.from_pylist(rows, pa.schema([("subject", pa.dictionary(pa.int8(), pa.string())),
                                                  ("stars", pa.int64()), ("body", pa.string()),
                                                  ("label", pa.string())]))  # fmt: skip
    tabs = "subject\tstars\tbody\tlabel\nHello\t5\tall is well\ta\n\t\tx\tb\n"
    three = {"text_column": ("subject", "stars", "body"), "text_template": "{subject} {stars}: {body}"}
    expected = ("Hello 5: all is well", "x")
    for content, name in ((lines, "t.jsonl"), (table, "t.parquet"), (tabs, "t.tsv")):
        assert texts(content, name, **three) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"text_column": ("subject", "bdy")},
            "data.text_column=bdy is not there in the file; columns are subj",
        ),
        ({"text_template": "{subject}"}, r"data.text_template has \{subject\}, and data.text_column has subject, body"),
        ({"text_template": "{subject} {bdy}"}, r"data.text_template has \{subject\}, \{bdy\}"),
        ({"text_template": "nothing"}, "data.text_template has no column"),
    ],
)
def test_what_does_not_go_together_is_refused(texts, options, expected):
    with pytest.raises(UserError, match=expected):
        texts(**{**BOTH, **options})


def test_the_command_line_takes_a_list_with_any_names(tmp_path, capfd):
    (tmp_path / "t.csv").write_text(
        "Größe {cm},Review Text (en),label\n"
        + "".join(f"{n},text {n} of {'ab'[n % 2]},{'ab'[n % 2]}\n" for n in range(90))
    )
    words = ("data=file", f"data.path={tmp_path / 't.csv'}", 'data.text_column=["Review Text (en)","Größe {cm}"]')
    (content,) = cli.composed(*words, "model=tfidf_sgd")
    assert content["data"]["text_column"] == ["Review Text (en)", "Größe {cm}"]
    places = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    assert cli.call(*words, "model=tfidf_sgd", "device=cpu", "train_size=16", *places) == 0
    assert cli.call("data=file", f"data.path={tmp_path / 't.csv'}", "data.text_column=[label,label]") == 2
    assert "data.text_column=['label', 'label']: names of columns are needed, each once" in capfd.readouterr().err


def test_prediction_joins_as_training_does(texts, tmp_path):
    template = "{subject}: {body}"
    rows = [{"subject": "Hello", "body": "all is well", "label": "a"}, {"subject": None, "body": "x", "label": "b"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for content, name in (
        (lines, "t.jsonl"),
        (pa.Table.from_pylist(rows), "t.parquet"),
        (CSV.partition("\n,")[0] + "\n", "t.csv"),
    ):
        trained = texts(content, name, text_column=("subject", "body"), text_template=template)
        asked = from_file(str(tmp_path / name), "subject,body", Reading(template=template)).whole()
        assert tuple(asked.texts) == trained
        assert from_file(str(tmp_path / name), "subject,body").whole().texts[0] == "Hello\n\nall is well"
    with pytest.raises(UserError, match=r"has no column 'bdy'; there are subject, body"):
        from_file(str(tmp_path / "t.csv"), "subject,bdy")
    with pytest.raises(UserError, match=r"--text-template has \{subject\}, and --text-column has subject, body"):
        from_file(str(tmp_path / "t.csv"), "subject,body", Reading(template="{subject}"))
