"""How much each label counts while a classifier learns."""

from typing import Literal

ClassWeight = Literal["none", "balanced", "sqrt", "oversample"]
"""By what training makes up for unequal labels (`bench.methods.class_weight` has the formulas): `none`, each example
counts the same; `balanced`, each label counts the same in all; `sqrt`, half of the way there; or `oversample`, examples
of rare labels are drawn more often. Validation and test are as they are."""
EQUAL: ClassWeight = "none"
"""Nothing is made up for."""
