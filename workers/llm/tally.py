"""What an engine has done since it was loaded, for metrics to read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts since the load."""

    requests: int = 0
    abandoned: int = 0
    prompt_tokens: int = 0
    shared_tokens: int = 0  # of the prompts, that another sequence had in the cache
    output_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    weighed_candidates: int = 0
    decodes: int = 0
    rows: int = 0
    decode_s: float = 0.0
