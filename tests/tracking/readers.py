"""What TensorBoard's own reader finds in a folder of event files."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Events:
    scalars: dict[str, dict[int, float]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    params: dict[str, object] = field(default_factory=dict)
    is_ok: bool | None = None


def events(folder: Path) -> Events:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import api_pb2, metadata

    reader = EventAccumulator(str(folder))
    reader.Reload()
    tags = reader.Tags()
    found = Events(images=set(tags["images"]))
    for tag in tags["scalars"]:
        found.scalars[tag] = {event.step: event.value for event in reader.Scalars(tag)}
    for tag in set(tags["tensors"]) - {metadata.SESSION_END_INFO_TAG, metadata.SESSION_START_INFO_TAG}:
        (event, *_) = reader.Tensors(tag)
        found.texts[tag] = b" ".join(event.tensor_proto.string_val).decode()
    content = reader.SummaryMetadata
    start = metadata.parse_session_start_info_plugin_data(
        content(metadata.SESSION_START_INFO_TAG).plugin_data.content
    ) if metadata.SESSION_START_INFO_TAG in tags["tensors"] else None  # fmt: skip
    if start is not None:
        kinds = {name: value.WhichOneof("kind") for name, value in start.hparams.items()}
        found.params = {name: getattr(start.hparams[name], kind) for name, kind in kinds.items()}
    if metadata.SESSION_END_INFO_TAG in tags["tensors"]:
        end = metadata.parse_session_end_info_plugin_data(content(metadata.SESSION_END_INFO_TAG).plugin_data.content)
        found.is_ok = end.status == api_pb2.STATUS_SUCCESS
    return found
