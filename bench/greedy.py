"""Whether answers are those of plain greedy decoding, but for ties within the rounding that was seen. Pure."""

from collections.abc import Sequence

from bench.contender import Step

Answers = Sequence[Sequence[Step]]


def same_as_greedy(answers: Answers, plain: Answers) -> dict[str, float]:
    """Compare answers with plain ones to the same questions.

    Returns:
        `share`: of the answers that are the same, or leave the plain one where its two best logits were no further
        apart than twice the rounding; `identical`: that are the same to the last token; `rounding`: the most by which
        a logit of the same token after the same tokens differed.
    """
    pairs = list(zip(answers, plain, strict=True))
    rounding = max((_rounding(*pair) for pair in pairs), default=0.0)
    margins = [_margin_where_they_part(*pair) for pair in pairs]
    return {
        "share": sum(margin <= 2 * rounding for margin in margins) / len(margins),
        "identical": sum(margin < 0 for margin in margins) / len(margins),
        "rounding": round(rounding, 3),
    }


def _margin_where_they_part(answer: Sequence[Step], plain: Sequence[Step]) -> float:
    """The plain answer's margin at the first other token; below 0: there is none."""
    for ours, greedy in zip(answer, plain, strict=False):
        if ours[0] != greedy[0]:
            return greedy[2]
    return -1.0


def _rounding(answer: Sequence[Step], plain: Sequence[Step]) -> float:
    most = 0.0
    for ours, greedy in zip(answer, plain, strict=False):
        if ours[0] != greedy[0]:
            break
        most = max(most, abs(ours[1] - greedy[1]))
    return most
