"""TensorBoard: a folder of event files for each cell, with its parameters for the HParams tab."""

import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from bench.tracking.backends.base import REPORT, Backend, Say, figures
from bench.tracking.messages import End, Points, Run, Setup


def backend(setup: Setup, say: Say) -> "TensorBoard":
    """The tracker of `setup`."""
    return TensorBoard(setup, say)


class TensorBoard(Backend[EventFileWriter]):
    """Writes to `TENSORBOARD_LOGGING_DIR`, or else below the results. A cell that is run again begins a new curve."""

    def start(self, run: Run) -> tuple[EventFileWriter, str]:
        """The parameters first: the HParams tab reads them there."""
        writer = self._begun(run.key)
        _add(writer, hparams_pb(dict(run.params), trial_id=run.key))
        return writer, run.key

    def resume(self, run: Run, found: str) -> EventFileWriter:
        """One more file beside that of the process that began it."""
        return EventFileWriter(str(self._folder(found)))

    def log_points(self, run: EventFileWriter, points: Points) -> None:
        """Scalars, which are on disk then."""
        for step, values in points:
            _add(run, _scalars(values), step)
        run.flush()

    def finish(self, run: EventFileWriter, end: End) -> None:
        """Scalars at the last step, the status as text."""
        self.log_points(run, (*end.points, (end.step, end.metrics)))
        words = end.status if end.failure is None else f"{end.status}: {end.failure}"
        _add(run, text_pb("status", words), end.step)
        self._close(run, is_ok=end.is_ok)

    def kill(self, run: EventFileWriter) -> None:
        """Its status stays unknown."""
        self._close(run, is_ok=False)

    def report(self, page: str) -> None:
        """The figures as images, the report's text as text."""
        writer = self._begun(REPORT)
        for figure in figures(page):
            _add(writer, _image(figure))
        text = Path(page).with_suffix(".md")
        if text.is_file():
            _add(writer, text_pb(REPORT, text.read_text(encoding="utf-8")))
        writer.close()

    def _begun(self, name: str) -> EventFileWriter:
        """A writer to the folder of this name, without what an earlier one left there."""
        folder = self._folder(name)
        for before in folder.glob("events.out.tfevents.*"):
            before.unlink()
        return EventFileWriter(str(folder))

    def _folder(self, name: str) -> Path:
        top = os.environ.get("TENSORBOARD_LOGGING_DIR") or self.setup.folder
        return Path(top, self.setup.experiment, name)

    def _close(self, run: EventFileWriter, *, is_ok: bool) -> None:
        _add(run, _session_end(api_pb2.STATUS_SUCCESS if is_ok else api_pb2.STATUS_FAILURE))
        run.close()


def _scalars(values: Mapping[str, float]) -> Summary:
    return Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()])


def _session_end(status: int) -> Summary:
    """What the HParams tab takes a run's status from. (The library's own function needs TensorFlow.)"""
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=time.time())
    content = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=info))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=content, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _image(path: Path) -> Summary:
    """A PNG file; its width and height are the first two fields of its header."""
    content = path.read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    image = Summary.Image(encoded_image_string=content, width=width, height=height, colorspace=4)
    return Summary(value=[Summary.Value(tag=path.stem, image=image)])


def _add(writer: EventFileWriter, summary: Summary, step: int = 0) -> None:
    writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
