"""What people call a model, a method or a data set: the `display_name` of its file in `conf/`."""

import functools
import re

from bench.options.folder import CONF

_LINE = re.compile(r"^display_name: +\"?([^\"#\n]+?)\"? *$", re.M)


def display_name(group: str, name: str, given: str) -> str:
    """What people call the `name` of a group (`model`), whose configuration says `given`; the name itself where that
    is empty, or belongs to the preset of another name (`model=bert_base model.name=mine`)."""
    if not given:
        return name
    owner = _owners(group).get(given, name)
    return given if owner == name else name


@functools.cache
def _owners(group: str) -> dict[str, str]:
    """The presets of a group by what people call them."""
    found = ((path.stem, _LINE.search(path.read_text("utf-8"))) for path in (CONF / group).glob("*.yaml"))
    return {line[1]: stem for stem, line in found if line is not None}


def called(group: str, name: str) -> str:
    """What people call the preset of this name, with what is added to it ("lora r=4"); the name itself where there is
    none. For records, which know names alone."""
    preset, *rest = name.split(" ", 1)
    names = {stem: given for given, stem in _owners(group).items()}
    return " ".join([names.get(preset, preset), *rest])
