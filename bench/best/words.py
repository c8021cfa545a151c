"""Why a row is named, in the words of the report's page."""

from bench.best.choose import Choice
from bench.report.content.answer_card import card
from bench.report.content.verdict_words import behind_text, place_text
from bench.report.sections.answers import around
from bench.report.sections.verdict import by_text


def reasons(choice: Choice) -> list[str]:
    """What the page recommends, where, and why; and the row that was asked for, where that is another."""
    found, view = choice.answer, choice.view
    its = card(found, around(view, found))
    where = place_text(found.standing.num_labels, found.standing.train_size)
    said = [f"{its.headline} ({where}). {its.why}", f"{'; '.join(f'{fact.value} {fact.label}' for fact in its.facts)}."]
    said += [f"{name}: {text}" for name, text in its.notes]
    said.append(by_text(view))
    if found.too_dear:
        said.append(f"Above the limit: {', '.join(found.too_dear)}.")
    if choice.row != found.named:
        behind = view.name_of(choice.row) if choice.behind is None else behind_text(choice.behind, view.words)
        said.append(f"Asked for was {behind}.")
    elif found.decision == "undecided":
        said.append(f"Taken is the row in front, {choice.row}; --row takes another.")
    return said
