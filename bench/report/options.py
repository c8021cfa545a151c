"""The options of a report: one object that is made of the settings once, and handed to all that need one of them."""

import re
import unicodedata
from dataclasses import dataclass, fields
from typing import Annotated

from pydantic import BeforeValidator

from bench.bounds import Amount, Fraction, Precise
from bench.metrics.deciding import AUTO, deciding_name
from bench.report.asked import Asked
from bench.results.serving import Serving

DecidingMetric = Annotated[str, BeforeValidator(deciding_name)]


def currency_name(name: object) -> str:
    """The name of a currency, as it was given. Raises ValueError for what is neither a code nor a sign."""
    if isinstance(name, str) and (
        re.fullmatch("[A-Z]{3}", name) or (len(name) == 1 and unicodedata.category(name) == "Sc")
    ):
        return name
    raise ValueError("a currency is a code of three capital letters (EUR) or a sign (€)")


Currency = Annotated[str, BeforeValidator(currency_name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What a user may ask of a report on the command line; `bench.settings.Settings` has these fields, too."""

    price_per_gpu_hour: Amount | None = None
    """The price of one GPU for an hour, in `currency`: what a plan and a report count money with."""
    currency: Currency | None = None
    """Of all amounts of money, as an ISO code (EUR) or a sign (€); null: amounts stand alone."""
    target_accuracy: Fraction | None = None
    """If set, the report also estimates how many training examples each row needs to reach this accuracy."""
    baseline: str | None = None
    """The classical row that all others are compared with; null: `tfidf_sgd` where the grid has it, else the first by
    name, `majority` last."""
    metric: DecidingMetric = AUTO
    """The metric of the table by which rows are compared: the answer, its tests, intervals, ranks and heatmaps. `auto`:
    accuracy, and macro F1 where test labels are unequal and `split=natural` leaves them so, or texts have several."""
    at_precision: Precise = 0.9
    """The report says what part of each label is found where at least this part of what is called so is right."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Which part of a grid a report is on."""

    index: int
    """From 1."""
    count: int
    num_cells: int
    """In this part."""
    grid_cells: int
    """In all parts."""


@dataclass(frozen=True, slots=True)
class ReportOptions(ReportSettings):
    """Everything that decides what a report says beside the records; a report's stamp has all of it."""

    title: str
    """The heading of the page."""
    experiment: str | None = None
    """The experiment whose published numbers are shown; null: the one that is called as the title says."""
    rerun: str | None = None
    """The command that runs what is missing, where that is known."""
    race: Asked | None = None
    """By which rules the rows raced against each other; null: a plain sweep, in which all cells are run."""
    shard: Shard | None = None
    """Which part of a grid the cells are; null: all of it."""
    serving: tuple[Serving, ...] = ()
    """How fast kept models of these cells answer."""

    @classmethod
    def of(
        cls,
        settings: ReportSettings,
        title: str,
        rerun: str | None = None,
        experiment: str | None = None,
        race: Asked | None = None,
        *,
        shard: Shard | None = None,
        serving: tuple[Serving, ...] = (),
    ) -> "ReportOptions":
        """The options that `settings` ask for."""
        asked = {field.name: getattr(settings, field.name) for field in fields(ReportSettings)}
        return cls(title, experiment=experiment, rerun=rerun, race=race, shard=shard, serving=serving, **asked)
