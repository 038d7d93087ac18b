"""What `ocrfleet-worker read` shows a person."""

import pytest

from tests.producer_steps import result_of
from workers.reading import print_result


def test_what_a_person_must_look_at_follows_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(result_of("0" * 64, "a"), as_json=False)

    assert capsys.readouterr().out.splitlines()[-2:] == [
        "  look at line 2, amount '10,00 €' or '16,00 €' (sum does not close)",
        "  look at sum '8,00  2,10  10,00' (net + tax = gross does not close)",
    ]
