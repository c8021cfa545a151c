"""What is known of one data set, for its sections: frames, records, predictions, and what is made of them once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from bench.kind import MULTI_LABEL, Kind
from bench.report.content.parts import Picture
from bench.report.content.wording import SHOWN
from bench.report.content.words import Words
from bench.report.figures.heatmap import MAX_SMALL_PRINT
from bench.report.figures.named_rows import named_rows
from bench.report.figures.style import save
from bench.report.inputs.frame import row_order, with_complement
from bench.report.inputs.prediction_store import PredictionStore
from bench.report.inputs.published import Published
from bench.report.inputs.read_predictions import ReadPredictions
from bench.report.inputs.records import (
    CellRecord,
    ExpectedCell,
    Points,
    display_names,
    in_order,
    measured_points,
    split_of,
)
from bench.report.options import ReportOptions
from bench.report.race.field import Place, field_of
from bench.report.race.races import PlaceRace, Races, State
from bench.report.statistics.baseline import baseline, simpler_rows, unequal_places, verdicts
from bench.report.statistics.bootstrap import Draws, statistic
from bench.report.statistics.ceilings import Costs, costs_of
from bench.report.statistics.correctness import Grid
from bench.report.statistics.costs import cost_points
from bench.report.statistics.deciding import Deciding, by_metric, deciding, kind_of
from bench.report.statistics.decision import Budget, budgets, training_costs
from bench.report.statistics.fitted_curves import FittedCurves, fitted_curves
from bench.report.statistics.interval_frames import ACCURACY, difference_frame, interval_frame
from bench.report.statistics.significance import Verdicts
from bench.results.record import Record, Status
from bench.results.serving import Serving

MAX_BOOTSTRAPPED = 200
"""Points of a grid; each takes about 5 ms."""
SAME = 0.005
"""Weighted F1 that is nowhere further from macro F1 is not shown: the test sets are balanced."""


@dataclass(frozen=True)
class View:
    """Everything that a report says about one data set, and where it puts files."""

    data: str
    cells: pd.DataFrame
    summary: pd.DataFrame
    measured: Points
    """What the `ok` cells measured, rows in their order."""
    published: Published | None
    folder: Path
    suffix: str
    """What the names of this data set's files end in."""
    found: dict[ExpectedCell, CellRecord] = field(default_factory=dict)
    """The records themselves, for what is kept beside them."""
    options: ReportOptions = field(default_factory=lambda: ReportOptions(""))
    """What the reader asked for."""
    predictions: Grid = field(default_factory=dict)
    """What the `ok` cells answered on their test examples, points in the order of `measured`; points whose predictions
    are gone are not in it."""
    library: PredictionStore = field(default_factory=PredictionStore)
    """What was read of predictions: knows how sure models were of each example."""
    draws: Draws = field(default_factory=Draws)
    """Of the bootstrap; the same for everything that the page says."""
    known_intervals: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    """What `intervals` has made."""
    known_differences: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    """What `differences_to` has made."""

    @cached_property
    def kind(self) -> Kind:
        """Whether texts have one label each, or any number of them."""
        sets = (cell.test.label_sets for seeds in self.measured.values() for cell in seeds.values())
        return MULTI_LABEL if any(one is not None for one in sets) else kind_of(self.predictions)

    @property
    def rows(self) -> list[str]:
        """All rows of the grid, in the order that gives them their colours."""
        return list(self.cells["row"].cat.categories)

    @cached_property
    def names(self) -> dict[str, str]:
        """What people call each row (`records.display_names`)."""
        return display_names(self.found)

    def name_of(self, row: str) -> str:
        """What people call a row."""
        return self.names.get(row, row)

    @cached_property
    def words(self) -> Words:
        """What sentences call rows, and how they write the metric that decides."""
        return Words(self.name_of, self.deciding.metric)

    @property
    def data_name(self) -> str:
        """What people call the data set."""
        return next((cell.names[1] for cell in self.found if cell.names[1]), self.data)

    @property
    def baseline(self) -> str | None:
        """The row that all others are compared with; None where the data set has no classical one."""
        return self.verdicts.baseline

    @cached_property
    def deciding(self) -> Deciding:
        """The metric that rows are compared by, and why."""
        records = [record for record in self.found.values() if isinstance(record, Record)]
        return deciding(self.options.metric, self.predictions, map(split_of, records), self.kind)

    @cached_property
    def compared(self) -> Grid:
        """`predictions` by that metric."""
        return by_metric(self.predictions, self.deciding.metric)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Which rows are told apart, at every point: what words, marks and tables go by."""
        found = {one.place[1:]: one.race for one in self.races if one.race.reference is not None}
        return verdicts(self.cells, self.compared, self.options.baseline, found)

    @cached_property
    def races(self) -> list[PlaceRace]:
        """How the rows raced, smaller sizes first; none where all cells were to be run."""
        asked = self.options.race
        if asked is None:
            return []
        of = field_of(self.found, largest_only=asked.question == "best_at_largest")
        failed = {cell.key for cell, record in self.found.items() if record is not None}
        pruned = {
            cell.key
            for cell, record in self.found.items()
            if isinstance(record, Record) and record.status is Status.PRUNED
        }
        unequal = [Place(self.data, *place) for place in unequal_places(self.cells)]
        seconds = {(Place(self.data, *at), row): cost.train_seconds for (row, *at), cost in self.costs.items()}
        state = State({self.data: self.compared}, failed, pruned, unequal, seconds)
        races = Races(of, asked, {self.data: baseline(self.cells, self.options.baseline)})
        return list(races.replayed(state).values())

    @cached_property
    def simpler_rows(self) -> list[str]:
        """What fine-tuning is held against (`baseline.simpler_rows`)."""
        return simpler_rows(self.verdicts)

    @cached_property
    def named_rows(self) -> list[str]:
        """What figures of curves tell apart, published rows of ours among them (`named_rows.named_rows`)."""
        published = set() if self.published is None else set(self.published.numbers["row"].dropna())
        always = [*self.simpler_rows, *(row for row in self.rows if row in published)]
        return named_rows(self.rows, self.predictions, always)

    @cached_property
    def shown_metrics(self) -> dict[str, str]:
        """The metric that decides, then those of `SHOWN` that the records have something of its own for; the first two
        always."""
        shown = SHOWN[self.kind]
        means = {metric: self.summary[f"{metric}_mean"] for metric in shown}
        hidden = {metric for metric in list(shown)[2:] if means[metric].isna().all()}
        first = self.deciding
        weighted, macro = means.get("test_weighted_f1"), means["test_macro_f1"]
        if weighted is not None and ((weighted - macro).abs().fillna(0) <= SAME).all():
            hidden.add("test_weighted_f1")
        others = {metric: short for metric, short in shown.items() if metric not in hidden}
        return {first.column: first.metric.name} | others

    @property
    def drawn_metrics(self) -> dict[str, str]:
        """Those of `shown_metrics` that have figures: the first one in a big grid, where a figure takes seconds."""
        metrics = self.shown_metrics
        return metrics if len(self.summary) <= MAX_SMALL_PRINT else dict(list(metrics.items())[:1])

    def intervals(self, metric: str) -> pd.DataFrame | None:
        """`interval_frame` of a metric, made once; None where predictions don't give it, or the grid has too many
        points for a bootstrap of each."""
        is_cheap = metric in (ACCURACY, self.deciding.column) or len(self.predictions) <= MAX_BOOTSTRAPPED
        if statistic(metric) is None or not is_cheap:
            return None
        if metric not in self.known_intervals:
            grid = self.compared if metric == self.deciding.column else self.predictions
            self.known_intervals[metric] = interval_frame(grid, metric, self.draws)
        return self.known_intervals[metric]

    def differences_to(self, opponent: str) -> pd.DataFrame:
        """`difference_frame` of the metric that decides to a row, made once."""
        if opponent not in self.known_differences:
            made = difference_frame(self.compared, opponent, self.deciding.column, self.draws, self.verdicts)
            self.known_differences[opponent] = made
        return self.known_differences[opponent]

    @cached_property
    def fitted(self) -> FittedCurves:
        """The curves of accuracy against training size."""
        return fitted_curves(self.predictions, self.simpler_rows)

    @cached_property
    def budgets(self) -> list[Budget]:
        """What is best and what is tied with it at every label count and training size."""
        return budgets(self.compared, training_costs(self.costs), verdicts=self.verdicts)

    @cached_property
    def cost_points(self) -> pd.DataFrame:
        """What each finished point costs a seed (`costs.cost_points`): tables, figures and answers go by it."""
        return cost_points(self.summary, self.cells, self.options.price_per_gpu_hour, self.deciding.column)

    @cached_property
    def served(self) -> list[tuple[ExpectedCell, Serving]]:
        """Kept models whose serving was measured, each with a cell of its point, in the order of the rows."""
        cells = {cell.key: cell for cell in self.found}
        known = ((next(filter(None, map(cells.get, one.cells)), None), one) for one in self.options.serving)
        found = [(cell, one) for cell, one in known if cell is not None]
        return sorted(found, key=lambda pair: (self.rows.index(pair[0].row), pair[0].num_labels, pair[0].train_size))

    @cached_property
    def costs(self) -> Costs:
        """The same by row, label count and training size."""
        return costs_of(self.cost_points)

    def draw(self, name: str, figure: Figure, text: str, metric: str | None = None) -> Picture:
        """Write a figure's files."""
        save(figure, self.folder, f"{name}{self.suffix}")
        return Picture(f"{name}{self.suffix}", text, metric)


def views(
    cells: pd.DataFrame,
    found: Mapping[ExpectedCell, CellRecord],
    read: ReadPredictions,
    options: ReportOptions,
    *,
    summary: pd.DataFrame,
    folder: Path,
    suffixes: Mapping[str, str],
    published: Published | None = None,
) -> list[View]:
    """The view of each data set of `cells` (`cells_frame` of `found`), whose answers were `read`.

    `summary` is `summary_frame` of `cells`; `suffixes` are those of files, by data set.
    """
    rows, (cells, summary) = row_order(found), with_complement(cells, summary, options.metric)
    return [
        View(
            data=data,
            cells=cells[cells["data"] == data],
            summary=summary[summary["data"] == data],
            measured=in_order(measured_points(found, data), rows),
            published=published,
            folder=folder,
            suffix=suffix,
            found={cell: record for cell, record in found.items() if cell.data == data},
            predictions=in_order(read.grids.get(data, {}), rows),
            library=read.library,
            options=options,
        )
        for data, suffix in suffixes.items()
    ]
