"""Under which licence a model comes, and what to say where that forbids the use most people have in mind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

APACHE_ALTERNATIVES = (
    "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    "Qwen/Qwen2.5-7B-Instruct-GGUF",
    "Qwen/Qwen3-4B-GGUF",
)


@dataclass(frozen=True, slots=True)
class License:
    """A licence by name."""

    name: str
    research_only: bool = False

    @property
    def notice(self) -> str | None:
        """What must be said when such a model is fetched or used; None if nothing."""
        if not self.research_only:
            return None
        return (
            f"This model comes under the {self.name}: for research and evaluation only, not for business. "
            f"Under Apache-2.0 are {', '.join(APACHE_ALTERNATIVES)}."
        )


_APACHE = License("Apache-2.0")
# Before the file's own metadata: tuned copies of research-only models are often labelled apache-2.0.
_KNOWN = (
    (re.compile(r"qwen2\.5-(coder-|vl-)?3b"), License("Qwen Research License", research_only=True)),
    (re.compile(r"qwen2\.5-(math-|vl-)?72b"), License("Qwen License")),
    (re.compile(r"qwen2\.5-(coder-|math-)?(0\.5b|1\.5b|7b|14b|32b)|qwen3-\d|smollm2"), _APACHE),
    (re.compile(r"gemma-?\d"), License("Gemma Terms of Use")),
)


def license_of(name: str, metadata: Mapping[str, object]) -> License:
    """The licence of a model by its repository or file name, else by what its GGUF metadata says.

    Args:
        name: Repository or file name, in any case, with - or _.
        metadata: Entries of the GGUF header; `general.name` and `general.license` are looked at.
    """
    for text in (name, str(metadata.get("general.name", ""))):
        normal = re.sub(r"[\s_]+", "-", text.lower())
        for pattern, known in _KNOWN:
            if pattern.search(normal):
                return known
    stated = str(metadata.get("general.license.name") or metadata.get("general.license") or "unknown")
    return License(stated, research_only="research" in stated.lower())
