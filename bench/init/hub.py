"""Rows of a data set of the hub, or of the folder that stands in for it."""

from bench.errors import UserError
from bench.init.source import Raw, read_source
from bench.sources.hub import explain, require_cached_data, resolve


def read_hub(hub_id: str, mirror_dir: str | None) -> Raw:
    """All splits of the data set `hub_id` in its default configuration. Raises UserError."""
    location = resolve("datasets", hub_id, None, mirror_dir)
    if location != hub_id:
        raw = read_source(location)
        return Raw(raw.columns, raw.description, {"source": "hub", "id": hub_id}, raw.place, raw.notes, raw.parts)
    require_cached_data(hub_id)
    import datasets

    try:
        loaded = datasets.load_dataset(hub_id)
    except Exception as error:  # whatever the library raises where it can't be had
        if (explained := explain(error, f"data set {hub_id}")) is None:
            raise
        raise explained from error
    return _joined(hub_id, loaded)


def _joined(hub_id: str, loaded: object) -> Raw:
    splits = dict(loaded.items())  # type: ignore[attr-defined]
    names = list(dict.fromkeys(name for split in splits.values() for name in split.column_names))
    columns: dict[str, list[str | None]] = {name: [] for name in names}
    parts: list[str] = []
    for part, split in splits.items():
        parts += [str(part)] * len(split)
        for name in names:
            columns[name] += _values(split, name)
    if not parts:
        raise UserError(f"data set {hub_id} has no rows")
    return Raw(
        columns,
        f"data set {hub_id} of the hub ({', '.join(map(str, splits))})",
        {"source": "hub", "id": hub_id},
        lambda row: f"{parts[row]}, row {row - parts.index(parts[row])} (from 0)",
        parts=parts,
    )


def _values(split: object, name: str) -> list[str | None]:
    """A column as text; class labels by their names."""
    if name not in split.column_names:  # type: ignore[attr-defined]
        return [None] * len(split)  # type: ignore[arg-type]
    feature, values = split.features[name], split[name]  # type: ignore[attr-defined,index]
    names = getattr(feature, "names", None)
    if names is not None:
        return [None if value is None or value < 0 else names[value] for value in values]
    return [None if value is None else str(value) for value in values]
