"""The section on what training brought."""

from bench.report.content.parts import Section, Titled
from bench.report.content.wording import seeds_phrase
from bench.report.figures.before_after import before_and_after, gains_table, trained_points
from bench.report.view import View


def section(view: View) -> Section | None:
    """What training brought."""
    points = trained_points(view.summary)
    if points.empty:
        return None
    figure = before_and_after(points, f"Before and after training on {view.data_name}", seeds_phrase(points))
    text = f"Accuracy and loss on {view.data_name} before and after training. The numbers are in the table below."
    picture = view.draw("before_after", figure, text)
    return Section(
        "Before and after training", [], [picture], [Titled("Scores before and after training", gains_table(points))]
    )
