"""Finds the text of a prompt: one that ocrfleet brings, the user's own file, or text from the command line."""

from pathlib import Path

from config.settings import PROMPTS
from jobs.errors import UsageError

#: A prompt is part of every request to the model; its context is 4096 tokens by default.
MAX_PROMPT_BYTES = 16 << 10


def read_prompt(name: str, text: str | None = None) -> tuple[str, str]:
    """Return a prompt's name and text. `text` beats `name`, which is `finance`, `medical` or a file.

    Raises:
        UsageError: there is no such prompt, or it is empty, too long or not UTF-8.
    """
    if text is not None:
        return "own", _checked(text, "--prompt-text")
    if name in packaged_prompts():
        return name, (PROMPTS / f"{name}.txt").read_text(encoding="utf-8")
    path = Path(name)
    try:
        with path.open("rb") as file:
            own = file.read(MAX_PROMPT_BYTES + 1).decode()
    except UnicodeDecodeError:
        raise UsageError(f"The prompt {name} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError:
        known = ", ".join(packaged_prompts())
        raise UsageError(f"There is no prompt {name}. Give one of {known}, or a readable text file.") from None
    return path.stem.encode("utf-8", "replace").decode(), _checked(own, name)


def packaged_prompts() -> list[str]:
    """Name the prompts that ocrfleet brings."""
    return sorted(path.stem for path in PROMPTS.glob("*.txt"))


def _checked(text: str, origin: str) -> str:
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError:  # from a command line of another encoding
        raise UsageError(
            f"The prompt of {origin} is not UTF-8 text. Write it to a file in UTF-8: --prompt FILE"
        ) from None
    if not text.strip():
        raise UsageError(f"The prompt of {origin} is empty. Write what the model shall do.")
    if size_bytes > MAX_PROMPT_BYTES:
        raise UsageError(f"The prompt of {origin} is longer than {MAX_PROMPT_BYTES >> 10} KiB. Shorten it.")
    return text
