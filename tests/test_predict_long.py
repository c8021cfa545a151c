"""Long files: read and labelled piece by piece, with the answers, the lines and the refusals of short ones."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from bench.data.readers.pieces import encoding_of, pieces
from bench.errors import UserError
from bench.predict.__main__ import main
from bench.predict.texts import Reading, from_file
from bench.results import store
from tests.support.cli import bench
from tests.support.texts import topics

SMALL = 300
"""Characters of a piece in these tests."""


def rows(count: int) -> list[list[str]]:
    return [
        [str(n), f'text {n} with a "quote", a comma\nand a second line' if n % 3 else f"text {n}"] for n in range(count)
    ]


def as_csv(table: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["id", "text"], *table])
    return out.getvalue()


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.jsonl", "t.json", "t.parquet", "t.txt"])
def test_pieces_give_what_the_whole_file_gives(name: str, tmp_path: Path) -> None:
    table, path = rows(90), tmp_path / name
    objects = [{"id": int(n), "text": text} for n, text in table]
    objects[70]["more"] = "a field that no row before had"
    if name.endswith(".parquet"):
        pyarrow.parquet.write_table(pa.Table.from_pylist(objects), path)
    elif name == "t.jsonl":
        path.write_text("\n".join(map(json.dumps, objects)))
    elif name == "t.json":
        path.write_text(json.dumps(objects, indent=1))
    elif name == "t.txt":
        path.write_text("\n".join(text.replace("\n", " ") for _, text in table))
    else:
        text = as_csv(table, "\t" if ".tsv" in name else ",").encode("utf-8-sig")
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    one, many = (from_file(str(path), None, Reading(piece=size)) for size in (1 << 20, SMALL))
    assert many.count == one.count == 90
    assert many.whole() == one.whole()
    if name not in ("t.json", "t.parquet"):
        assert len(list(many.blocks())) > 5
    assert many.whole().texts[4].replace("\n", " ") == table[4][1].replace("\n", " ")


def test_what_is_wrong_far_down_is_found_before_anything_is_labelled(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(as_csv(rows(90)) + "x,y,z\n")
    with pytest.raises(UserError, match=r"t\.csv, line 152: 3 fields where the header has 2"):
        from_file(str(path), "text", Reading(piece=SMALL))
    path.write_text(as_csv([*rows(90), ["91", " "]]))
    with pytest.raises(UserError, match=r"t\.csv, line 152: the text is empty; .*--on-empty=skip"):
        from_file(str(path), "text", Reading(piece=SMALL))
    path.write_bytes(as_csv(rows(90)).encode() + b"91,caf\xe9\n")
    with pytest.raises(UserError, match=r"is not utf-8 text \(byte \d+: .*cp1252|latin-1"):
        from_file(str(path), "text", Reading(piece=SMALL))
    assert from_file(str(path), "text", Reading("utf-8,latin-1", piece=SMALL)).whole().texts[-1] == "café"
    path.write_text(as_csv(rows(90)) + '91,"never closed\n' + "92,x\n" * 50)
    with pytest.raises(UserError, match=r"line 152: unexpected end of data"):
        from_file(str(path), "text", Reading(piece=SMALL))


def test_an_encoding_has_to_fit_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b"a" * 5000 + "é".encode("cp1252"))
    assert encoding_of(path, "ascii,utf-8,cp1252", "--encoding") == "cp1252"
    assert "".join(pieces(path, "cp1252", "lines", 100)).endswith("aé")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a TF-IDF cell with its model."""
    folder = tmp_path_factory.mktemp("kept")
    topics(40, labels=("sport", "business")).to_csv(folder / "t.csv", index=False)
    data = ("data=file", f"data.path={folder / 't.csv'}", "data.name=t", "split=nested", "num_labels=2", "train_size=8")
    done = bench("model=tfidf_sgd", *data, "save_model=true", "device=cpu", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (cell,) = store.scan(folder / "results")
    return cell


def test_empty_texts_are_refused_skipped_or_labelled(kept: Path, tmp_path: Path, capsys) -> None:
    source = tmp_path / "in.csv"
    source.write_text("n,text\n1,goal match\n2,\n3,stock market\n")
    out = tmp_path / "out.csv"

    def labelled(*words: str) -> list[dict[str, str]]:
        assert main([str(kept), "--file", str(source), "--out", str(out), "--force", *words]) == 0
        with out.open(newline="") as file:
            return list(csv.DictReader(file))

    assert main([str(kept), "--file", str(source), "--out", str(out)]) == 2
    assert "line 3: the text is empty" in capsys.readouterr().err
    assert not out.exists()
    skipped, whole = labelled("--on-empty=skip"), labelled("--on-empty=label")
    assert "1 without a text have no label" in capsys.readouterr().out
    assert [line["n"] for line in skipped] == [line["n"] for line in whole] == ["1", "2", "3"]
    assert set(skipped[1].values()) == {"2", ""}
    assert whole[1]["predicted"]
    assert [skipped[0], skipped[2]] == [whole[0], whole[2]]
    capsys.readouterr()
    assert main([str(kept), "goal", "", "--on-empty=skip", "--json"]) == 0
    assert [json.loads(line)["label"] is None for line in capsys.readouterr().out.splitlines()] == [False, True]


def test_lines_of_standard_input_are_labelled_as_they_come(kept: Path) -> None:
    """Who writes them has not ended when the first block is out."""
    program = (
        "import sys; from bench.predict import texts, __main__; texts.LINES = 2; sys.exit(__main__.main(sys.argv[1:]))"
    )
    words = [sys.executable, "-u", "-c", program, str(kept), "-", "--json"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("goal match\nstock market\n")
        process.stdin.flush()
        first = [json.loads(process.stdout.readline())["text"] for _ in range(2)]
        process.stdin.write("another\n")
        process.stdin.close()
        rest = [json.loads(line)["text"] for line in process.stdout]
    assert (first, rest, process.returncode) == (["goal match", "stock market"], ["another"], 0)


def test_memory_does_not_grow_with_the_file(kept: Path, tmp_path: Path) -> None:
    program = "import sys, resource; from bench.predict.__main__ import main; code = main(sys.argv[1:])\n"
    program += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    peaks = []
    for count in (40_000, 400_000):
        path = tmp_path / "in.csv"
        path.write_text("text\n" + "".join(f"goal number {n} of the match\n" for n in range(count)))
        words = [sys.executable, "-c", program, str(kept), "--file", str(path), "--out", str(tmp_path / "o.csv")]
        done = subprocess.run([*words, "--force"], check=True, capture_output=True, text=True, env=os.environ)
        peaks.append(int(done.stderr.split()[-1]) * 1024)
        assert sum(1 for _ in (tmp_path / "o.csv").open()) == count + 1
    assert peaks[1] - peaks[0] < 60e6, "ten times the rows"
