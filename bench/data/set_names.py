"""What people call the sets of a data set: which rows are for training, validation and testing."""

SETS = ("train", "validation", "test")
NAMES = {
    **dict.fromkeys(("train", "training", "trn", "tr", "learn", "learning", "fit"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "devel", "development", "tuning"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "te", "holdout", "heldout"), "test"),
}
SAID = "train or training; validation, valid, val or dev; test or testing"


def set_of(name: str) -> str | None:
    """`train`, `validation` or `test`; None for a name that is none of theirs. Case and blanks do not count."""
    return NAMES.get(name.strip().casefold().replace("_set", "").replace("-", "").replace(" set", ""))
