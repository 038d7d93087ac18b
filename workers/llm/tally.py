"""What an engine has done since it was loaded, for metrics to read."""

from dataclasses import asdict, dataclass


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

    def report(self) -> dict[str, float]:
        """The counts, and the rates that follow from them."""
        rates = {
            "tokens_per_s": _share(self.output_tokens, self.decode_s),
            "rows_per_s": _share(self.rows, self.decode_s),
            "draft_acceptance": _share(self.accepted_tokens, self.drafted_tokens),
            "share_of_prompts_shared": _share(self.shared_tokens, self.prompt_tokens),
        }
        return {**asdict(self), **{name: round(rate, 4) for name, rate in rates.items()}}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
