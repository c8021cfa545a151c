"""What is asked of peft, checked before it is imported: types and options that it has not are told with those it has.

Everything here raises UserError.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from bench.bounds import MAX_NUMBER
from bench.config.method.peft_patterns import pattern_problems
from bench.config.method.peft_rules import FOUR_BIT, INITS_IN_4BIT, INITS_REFUSED, NEED_DATA, OURS, UNFIT
from bench.config.method.peft_types import adapter_type, sources
from bench.errors import UserError, refuse
from bench.escape.literals import option_value


def known_type(given: str) -> str:
    """peft's name of the type that is meant: upper and lower case, and the sign between words, are no matter."""
    name = given.strip().upper().replace("-", "_").replace(" ", "_")
    if name in sources():
        if (reason := _unfit(name)) is not None:
            raise UserError(f"method.peft_type={given} classifies no texts: {reason}")
        return name
    fitting = fitting_types()
    raise UserError(
        f"method.peft_type={given}: peft {version('peft')} has no such type{_meant(name, fitting)}; it has "
        f"{', '.join(fitting)}"
    )


def fitting_types(*, in_4bit: bool = False) -> list[str]:
    """Types that classify texts, on a base in 4 bits if that is asked for."""
    fitting = [name for name in sources() if _unfit(name) is None]
    return [name for name in fitting if not in_4bit or adapter_type(name).four_bit or name in FOUR_BIT]


def check(name: str, given: Mapping[str, Any], *, in_4bit: bool) -> None:
    """Raise UserError, with all problems, where the type `name` can't have these options."""
    kind = adapter_type(name)
    problems: list[str] = []
    for key, value in given.items():
        option = f"method.options.{key}"
        if key in OURS:
            problems.append(f"{option}: the program fills it in; leave it out")
        elif key not in kind.options:
            own = [each for each in kind.options if each not in OURS]
            problems.append(f"{option}: peft's {name} has no such option{_meant(key, own)}; it has {', '.join(own)}")
        elif name == "LORA" and key in NEED_DATA and value is not None:
            problems.append(f"{option}: it takes more than a cell has: a pass over data, or other adapters")
        else:
            try:
                kind.options[key].kind.validate_python(value)
            except ValidationError as error:
                reasons = dict.fromkeys(f"{detail['msg'][0].lower()}{detail['msg'][1:]}" for detail in error.errors())
                problems.append(f"{option}={option_value(value)}: {', or '.join(reasons)}")
            else:
                problems += _out_of_range(key, value, kind.options[key].default)
    problems += pattern_problems(name, given)
    problems += _options_of_some(name, given, in_4bit=in_4bit)
    if in_4bit and name not in (fitting := fitting_types(in_4bit=True)):
        problems.append(
            f"method.load_in_4bit=true: peft's {name} has no layers for weights in 4 bits; {', '.join(fitting)} do"
        )
    refuse(problems)


def _out_of_range(key: str, value: Any, default: Any) -> list[str]:
    """What is wrong with a value of the right type, as far as names and peft's defaults say which numbers make sense.

    peft itself says so only once a model is loaded, in each cell.
    """
    option = f"method.options.{key}"
    if value is None:
        return [] if default is None else [f"{option}=null: leave it out for peft's default, {default}"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        return [f"{option}: a number from -{MAX_NUMBER:,} to {MAX_NUMBER:,} is needed"]
    if "dropout" in key:
        return [] if 0 <= value < 1 else [f"{option}={value}: it is from 0 to less than 1"]
    least = _least(key, default) if isinstance(value, int) else None
    return [] if least is None or value >= least else [f"{option}={value}: it is at least {least}"]


def _least(key: str, default: Any) -> int | None:
    """The least whole number that an option takes; None where that is not known."""
    counts_from_0 = key == "layers_to_transform" or any(part in key for part in ("seed", "prng", "warmup"))
    if default is None:
        return 0 if counts_from_0 else 1
    if not isinstance(default, int) or default < 0:
        return None
    return 0 if counts_from_0 or default == 0 else 1


def check_layers(given: Mapping[str, Any], layers: int, model: str) -> list[str]:
    """What is wrong with the blocks that adapters are to go on, of a model that has so many `layers`.

    peft is content with one of them that is there.
    """
    asked = given.get("layers_to_transform")
    numbers = [asked] if isinstance(asked, int) else asked or []
    absent = [number for number in numbers if not 0 <= number < layers]
    if not absent:
        return []
    return [
        f"method.options.layers_to_transform={','.join(map(str, absent))}: model {model} has no such layer; it has "
        f"{layers}, from 0 to {layers - 1}"
    ]


def check_name(called: str | None) -> None:
    """Raise UserError where `method.called` is another method's name."""
    from bench.config.method import METHOD_NAMES

    if called in METHOD_NAMES:
        raise UserError(f"method.called={called}: this is the name of another method")


def _options_of_some(name: str, given: Mapping[str, Any], *, in_4bit: bool) -> list[str]:
    """What is known to go wrong later."""
    problems: list[str] = []
    tokens = given.get("num_virtual_tokens")
    if isinstance(tokens, int) and tokens < 1:
        problems.append(f"method.options.num_virtual_tokens={tokens}: a prompt has at least one")
    if given.get("use_asa"):
        problems.append("method.options.use_asa: it asks for a way of training of its own")
    if name != "LORA":
        return problems
    init = given.get("init_lora_weights", True)
    said = f"method.options.init_lora_weights={init}"
    if isinstance(init, str):
        refused = [why for start, why in INITS_REFUSED.items() if init == start or init.startswith(f"{start}_")]
        problems += [f"{said}: {why}" for why in refused]
    if in_4bit and init not in INITS_IN_4BIT:
        problems.append(f"{said}: it takes the weights of the base apart, which can't be done in 4 bits")
    return problems


def _unfit(name: str) -> str | None:
    """Why a type of peft's classifies no texts here; None where it does."""
    if "modules_to_save" not in adapter_type(name).options:
        return "peft keeps no classification head with it"
    return UNFIT.get(name)


def _meant(word: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(names), 2, cutoff=0.6)
    return f" (did you mean {' or '.join(near)}?)" if near else ""
