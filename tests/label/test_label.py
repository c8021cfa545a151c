"""`bench label`: texts to label, labels that look wrong, and back into the data's file."""

import csv
import shlex
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from bench import predict, run_cell
from bench.escape.literals import override_text
from bench.label.__main__ import main
from tests.support import cli
from tests.support.texts import topics


@dataclass
class Labelling:
    """A folder with labelled rows, a pool, and the words of an experiment."""

    folder: Path
    words: tuple[str, ...]
    wrong: frozenset[str]
    """Texts whose label is another than their words say."""

    def run(self, *more: object) -> int:
        return main([*self.words, *map(str, more)])


@pytest.fixture(scope="module")
def labelling(tmp_path_factory: pytest.TempPathFactory) -> Labelling:
    folder = tmp_path_factory.mktemp("label")
    table = topics(60, seed=1)
    known, pool = table.iloc[:80].copy(), table.iloc[80:]
    wrong = known.index[:3]
    known.loc[wrong, "label"] = known.loc[wrong, "label"].map({"sport": "business", "business": "sport"})
    known.to_csv(folder / "tickets.csv", index=False)
    texts = ["=goal match team", *pool.text, known.text.iloc[10].upper(), pool.text.iloc[0], " "]
    pd.DataFrame({"number": range(len(texts)), "text": texts}).to_csv(folder / "pool.csv", index=False)
    words = ("data=file", "data.name=tickets", f"data.path={folder / 'tickets.csv'}", "num_labels=2", "train_size=24",
             "seed=0", "split=nested_small", "name=tickets", "model=tfidf_sgd,majority", "device=cpu",
             *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")))  # fmt: skip
    return Labelling(folder, words, frozenset(known.text[wrong]))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_file_has_new_texts_alone_with_an_empty_label_and_a_guess(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "todo.csv"
    assert labelling.run("--pool", labelling.folder / "pool.csv", "--n", 41, "--out", out) == 0
    found = rows(out)
    assert list(found[0]) == ["number", "text", "label", "guess", "probability", "rank"]
    assert [row["rank"] for row in found] == [str(rank) for rank in range(1, 42)]
    assert {row["label"] for row in found} == {""}
    assert {row["guess"] for row in found} == {"sport", "business"}
    assert all(0.5 <= float(row["probability"]) <= 1 for row in found)
    assert sorted(int(row["number"]) for row in found) == list(range(41)), "no repeat, no labelled text, no empty one"
    assert "'=goal match team" in [row["text"] for row in found]
    assert "41 texts (44 rows; 3 are empty, repeats, or nearly the same as a labelled text)" in capsys.readouterr().out


def test_what_was_labelled_goes_below_the_rows_of_the_data_and_is_read_again(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, joined = tmp_path / "todo.csv", tmp_path / "joined.csv"
    assert labelling.run("--pool", labelling.folder / "pool.csv", "--n", 41, "--out", out) == 0
    assert labelling.run("--join", out, "--out", joined) == 2
    assert "has a label in column label" in capsys.readouterr().err
    done = rows(out)
    for row in done[:5]:
        row["label"] = row["guess"]
    done[5]["label"] = "sprot"
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(done[0]))
        writer.writeheader()
        writer.writerows(done)
    assert labelling.run("--join", out, "--out", joined) == 0
    said = capsys.readouterr().out
    assert "80 rows and 6 new ones; 1 label of theirs no old row has: 'sprot' (1)\n  bench sweep " in said
    assert shlex.split(said)[-1] == f"data.path={override_text(str(joined))}"
    assert said.count("data.path=") == 1
    old = rows(labelling.folder / "tickets.csv")
    assert rows(joined)[:80] == old
    new = [(row["text"].removeprefix("'"), row["label"]) for row in done[:6]]
    assert [(row["text"], row["label"]) for row in rows(joined)[80:]] == new
    words = [word for word in labelling.words if not word.startswith("data.path=")]
    again = main([*words, f"data.path={joined}", "--pool", str(labelling.folder / "pool.csv"), "--n", "36", "--out",
                  str(tmp_path / "next.csv")])  # fmt: skip
    assert again == 2, "six of the 41 have a label now"
    assert "--n 36 is more than" in capsys.readouterr().err


EXCEL = ("data.encoding=cp1252", "data.delimiter=semicolon")


@pytest.mark.parametrize(("more", "encoding"), [(EXCEL, "cp1252"), (("data.quoting=none",), "utf-8")])
def test_the_joined_file_is_read_by_the_options_of_the_data(
    labelling: Labelling, more: tuple[str, ...], encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delimiter = ";" if more == EXCEL else ","
    table = topics(30, seed=3)
    table["text"] += " für Zoë" + (' "quoted"' if more != EXCEL else "; and more")
    kept = {} if more == EXCEL else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    for name, rows_of_it in (("own.csv", table.iloc[:40]), ("new.csv", table.iloc[40:])):
        rows_of_it.to_csv(tmp_path / name, index=False, sep=delimiter, encoding=encoding, **kept)
    words = [*labelling.words, *more, f"data.path={tmp_path / 'own.csv'}"]
    reading = [] if more == EXCEL else ["--quoting", "none"]
    out = ["--out", str(tmp_path / "joined.csv")]
    assert main([*words, "--join", str(tmp_path / "new.csv"), *reading, *out]) == 0, capsys.readouterr().err
    joined = (tmp_path / "joined.csv").read_text(encoding)
    assert joined.splitlines()[0] == f"text{delimiter}label"
    again = [
        *labelling.words,
        *more,
        f"data.path={tmp_path / 'joined.csv'}",
        "--wrong",
        "--out",
        str(tmp_path / "w.csv"),
    ]
    assert main(again) == 0, capsys.readouterr().err
    assert "of 60 look wrong" in capsys.readouterr().out


def test_what_the_datas_encoding_lacks_is_said_with_what_would_do(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.csv").write_text("text,label\nŁódź won the match,sport\n", encoding="utf-8")
    words = [*labelling.words, "--join", str(tmp_path / "new.csv"), "--out", str(tmp_path / "joined.csv")]
    assert main([*words, "data.encoding=latin-1"]) == 2
    assert "latin-1 has no 'Ł': give 'data.encoding=\"utf-8,latin-1\"'" in capsys.readouterr().err
    assert main([*words, 'data.encoding="utf-8,latin-1"']) == 0


def test_labels_that_are_numbers_with_names_are_joined_by_name(labelling: Labelling, tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["ham", "spam"])})
    rows_of_it = {"text": ["a match", "win a prize"], "label": [0, 1]}
    Dataset.from_dict(rows_of_it, features=features).to_parquet(tmp_path / "own.parquet")
    (tmp_path / "new.csv").write_text("text,label\nanother prize,spam\n")
    words = [*labelling.words, f"data.path={tmp_path / 'own.parquet'}", "--join", str(tmp_path / "new.csv")]
    assert main([*words, "--out", str(tmp_path / "joined.csv")]) == 0
    assert [row["label"] for row in rows(tmp_path / "joined.csv")] == ["ham", "spam", "spam"]


def test_a_pool_as_excel_saves_it_with_other_names(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pool.csv").write_bytes("Id;Body\n1;Fußball für 5 €\n2;profit of the bank\n".encode("cp1252"))
    pool = ("--pool", tmp_path / "pool.csv", "--out", tmp_path / "todo.csv")
    assert labelling.run(*pool, "--text-column", "Body") == 2
    assert "--encoding=cp1252 may be right" in capsys.readouterr().err
    assert labelling.run(*pool, "--encoding", "cp1252") == 2
    assert "there are Id, Body; see --text-column" in capsys.readouterr().err
    assert labelling.run(*pool, "--text-column", "Body", "--encoding", "cp1252") == 0
    said = capsys.readouterr().out
    assert "2 texts to label in column label, of 2 texts" in said
    assert " --join " in said.splitlines()[-1]
    found = rows(tmp_path / "todo.csv")
    assert list(found[0])[:3] == ["Id", "text", "label"]
    assert {row["text"] for row in found} == {"Fußball für 5 €", "profit of the bank"}


def test_labels_that_look_wrong_are_those_that_are(labelling: Labelling, tmp_path: Path) -> None:
    out = tmp_path / "wrong.csv"
    assert labelling.run("--wrong", "--out", out) == 0
    found = rows(out)
    assert labelling.wrong <= {row["text"] for row in found[:4]}
    assert all(row["given"] != row["likely"] and row["reason"] for row in found)
    assert labelling.run("--wrong", "--n", 2, "--out", tmp_path / "two.csv") == 0
    assert rows(tmp_path / "two.csv") == found[:2]


def test_a_row_of_the_report_guesses_once_its_cells_are_finished(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = ("--pool", labelling.folder / "pool.csv", "--n", 5)
    assert labelling.run(*pool, "--row", "recommended", "--out", tmp_path / "none.csv") == 2
    assert "none of 2 cells of tickets is finished" in capsys.readouterr().err
    assert cli.call("-m", *labelling.words) == 0
    capsys.readouterr()
    assert labelling.run(*pool, "--row", "recommended", "--out", tmp_path / "best.csv") == 0
    assert "guesses are tfidf_sgd's, trained on" in capsys.readouterr().out
    assert labelling.run(*pool, "--row", "majority", "--out", tmp_path / "largest.csv") == 0
    assert len({row["guess"] for row in rows(tmp_path / "largest.csv")}) == 1
    assert len({row["guess"] for row in rows(tmp_path / "best.csv")}) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--n", "500"], "--n 500 is more than"),
        (["--pool", "{folder}/none.csv"], "--pool {folder}/none.csv: No such file"),
        (["--pool", "{folder}/other.csv"], "has no column 'text'; there are body, title"),
        (["--out", "{folder}/other.csv"], "is there already; --force writes over it"),
        (["--out", "{folder}/todo.txt"], "must end in .csv"),
        (["--row", "lora"], "none of 2 cells"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    labelling: Labelling, more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = labelling.folder
    (folder / "other.csv").write_text("body,title\na,b\n")
    given = [word.format(folder=folder) for word in more]
    usual = {"--pool": str(folder / "pool.csv"), "--n": "5", "--out": str(tmp_path / "todo.csv")}
    usual = {name: value for name, value in usual.items() if name not in given}
    fresh = f"results_dir={tmp_path}"
    assert labelling.run(fresh, *given, *(word for pair in usual.items() for word in pair)) == 2
    error = capsys.readouterr().err
    assert said.format(folder=folder) in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "todo.csv").exists()


def test_doubts_of_a_model_that_knows_nothing_are_not_said(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = topics(40, seed=2)
    table["label"] = ["sport", "business"] * 40
    table.to_csv(tmp_path / "noise.csv", index=False)
    words = [word for word in labelling.words if not word.startswith("data.path=")]
    assert main([*words, f"data.path={tmp_path / 'noise.csv'}", "--wrong", "--out", str(tmp_path / "wrong.csv")]) == 2
    assert "it knows too little for its doubts about labels to mean something" in capsys.readouterr().err


def test_a_frozen_model_tells_texts_apart_and_guesses(
    labelling: Labelling, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = ("--pool", labelling.folder / "pool.csv", "--n", 10, f"mirror_dir={mirror}", f"cache_dir={tmp_path}")
    frozen = ("--features", "bert_base")
    assert labelling.run(*pool, *frozen, "--out", tmp_path / "frozen.csv") == 0
    assert "told apart by what bert_base makes of them (121 texts)" in capsys.readouterr().out
    assert {row["guess"] for row in rows(tmp_path / "frozen.csv")} == {"sport", "business"}
    assert list((tmp_path / "features").rglob("*.safetensors")) or list((tmp_path / "features").iterdir())
    assert labelling.run(*pool, "--out", tmp_path / "words.csv") == 0
    assert [row["text"] for row in rows(tmp_path / "words.csv")] != [
        row["text"] for row in rows(tmp_path / "frozen.csv")
    ]
    capsys.readouterr()
    assert labelling.run(*pool, "--features", "tfidf_sgd") == 2
    assert "--features tfidf_sgd: it has no frozen features" in capsys.readouterr().err
    assert labelling.run(*pool, "--features", "nonesuch") == 2
    assert "nonesuch" in capsys.readouterr().err


def test_texts_are_cut_where_a_frozen_model_has_positions_for_no_more(
    labelling: Labelling, mirror: Path, tmp_path: Path
) -> None:
    (tmp_path / "pool.txt").write_text("more profit\n" + "a match of the team " * 40 + "\n")
    pool = ("--pool", tmp_path / "pool.txt", f"mirror_dir={mirror}", f"cache_dir={tmp_path}")
    assert labelling.run(*pool, "--features", "bert_base", "--out", tmp_path / "todo.csv") == 0
    assert len(rows(tmp_path / "todo.csv")) == 2


def test_a_kept_model_guesses_as_it_is(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for word in labelling.words if not word.startswith(("model=", "results_dir="))]
    options = {name: value for name, _, value in (word.partition("=") for word in words)} | {"train_size": 24}
    options.pop("name")
    record = run_cell(**options, model="tfidf_logistic", save_model=True, results_dir=tmp_path / "kept")
    (model,) = (tmp_path / "kept").rglob(record.key)
    pool = ("--pool", labelling.folder / "pool.csv", "--n", 41)
    assert labelling.run(*pool, "--model", model, "--out", tmp_path / "todo.csv") == 0
    found = rows(tmp_path / "todo.csv")
    said = predict(model, [row["text"].removeprefix("'") for row in found])
    assert said["predicted"].tolist() == [row["guess"] for row in found]
    table = pd.read_csv(labelling.folder / "tickets.csv")
    table.assign(label=table["label"].str.upper()).to_csv(tmp_path / "other.csv", index=False)
    others = [word for word in labelling.words if not word.startswith("data.path=")]
    assert main([*others, f"data.path={tmp_path / 'other.csv'}", *map(str, pool), "--model", str(model)]) == 2
    assert "is no model for tickets: it knows 2 other labels" in capsys.readouterr().err


def test_what_is_read_is_not_written_over(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, pool = tmp_path / "own.csv", tmp_path / "pool.csv"
    own.write_bytes((labelling.folder / "tickets.csv").read_bytes())
    pool.write_text("text,label\nanother match,sport\nmore profit,\n")
    words = [*labelling.words, f"data.path={own}", "--force", "--out"]
    for file, more in (
        (pool, ("--pool", pool)),
        (own, ("--pool", pool)),
        (own, ("--wrong",)),
        (pool, ("--join", pool)),
    ):
        before = file.read_bytes()
        assert main([*words, str(file), *map(str, more)]) == 2
        assert f"--out {file} is read, and not all of it would be in what is written" in capsys.readouterr().err
        assert file.read_bytes() == before


def test_rows_of_the_pool_that_have_a_label_are_left_to_join(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool, out = tmp_path / "pool.csv", tmp_path / "todo.csv"
    pool.write_text("text,label\nanother match,sport\nanother  MATCH,\nmore profit, \n\nthe dog sat,\n")
    assert labelling.run("--pool", pool, "--out", out) == 0
    assert {row["text"] for row in rows(out)} == {"more profit", "the dog sat"}
    assert "of 2 texts (4 rows; 1 have a label already, --join takes these; 1 are" in capsys.readouterr().out
    pool.write_text("text,label\nanother match,sport\n")
    assert labelling.run("--pool", pool, "--out", out, "--force") == 2
    assert f"error: {pool} has nothing to label: 0 texts (1 row; 1 have a label" in capsys.readouterr().err


def test_what_hands_leave_in_a_label_does_not_spoil_the_joined_file(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, out = tmp_path / "new.csv", tmp_path / "joined.csv"
    new.write_text("text,label\nanother match,sport \nmore profit, \nless profit,\u00a0\n ,sport\n", encoding="utf-8")
    assert labelling.run("--join", new, "--out", out) == 0
    assert "80 rows and 1 new ones (1 without a text left out)" in capsys.readouterr().out
    assert rows(out)[80:] == [{"text": "another match", "label": "sport"}]


def test_ids_of_new_rows_are_new_each_time(labelling: Labelling, tmp_path: Path) -> None:
    table = topics(5, seed=4)
    table.insert(0, "id", [f"new-{number}" for number in range(7, 17)])
    table.to_csv(tmp_path / "own.csv", index=False)
    (tmp_path / "new.csv").write_text("text,label\nanother match,sport\nmore profit,business\n")
    words = [*labelling.words, f"data.path={tmp_path / 'own.csv'}", "data.id_column=id"]
    assert main([*words, "--join", str(tmp_path / "new.csv"), "--out", str(tmp_path / "joined.csv")]) == 0
    assert [row["id"] for row in rows(tmp_path / "joined.csv")[10:]] == ["new-17", "new-18"]


def test_columns_that_are_not_there_are_named_before_anybody_labels(
    labelling: Labelling, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pool.txt").write_text("more profit\n")
    table = topics(20, seed=5)
    table.assign(subject=table["text"], body="goal").to_csv(tmp_path / "two.csv", index=False)
    words = [*labelling.words, f"data.path={tmp_path / 'two.csv'}", "--out", str(tmp_path / "out.csv")]
    assert main([*words, "data.text_column=[subject,body]", "--pool", str(tmp_path / "pool.txt")]) == 2
    assert "pool.txt has no column 'subject', of which data tickets make their texts" in capsys.readouterr().err
    assert main([*words, "data.label_column=topic", "--join", str(labelling.folder / "tickets.csv")]) == 2
    assert "two.csv has no column 'topic'; there are" in capsys.readouterr().err
