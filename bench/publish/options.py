"""What `bench publish` is asked for."""

import re
from dataclasses import dataclass

from bench.errors import UserError

NO_BASE = "none"
"""As `--base-id`: the base is on no hub."""

BRANCH = re.compile(r"(?!refs/)[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where a model goes, and what is said of it."""

    repo_id: str
    is_public: bool = False
    revision: str | None = None
    """A branch; None: the main one."""
    base_id: str | None = None
    """What the base is called on the hub."""
    licence: str | None = None
    """In place of the base's."""
    replace: bool = False
    """Whether files of the repository go that are not of this model."""

    def check(self) -> None:
        """Raise UserError where a name can be none on the hub."""
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import validate_repo_id

        names = {"--repo-id": self.repo_id}
        if self.base_id not in (None, NO_BASE):
            names["--base-id"] = str(self.base_id)
        for option, name in names.items():
            try:
                validate_repo_id(name)
            except HFValidationError as error:
                raise UserError(f"{option} {name} can be no name on the hub: give OWNER/NAME") from error
        branch = self.revision
        if branch is not None and (
            not BRANCH.fullmatch(branch) or ".." in branch or re.fullmatch("[0-9a-f]{40}", branch)
        ):
            raise UserError(
                f"--revision {branch or repr(branch)} is no name of a branch: letters, digits and . _ - / make one"
            )
        if self.licence is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", self.licence):
            raise UserError(f"--license {self.licence} is none that the hub knows: apache-2.0, mit, other, unknown ...")
