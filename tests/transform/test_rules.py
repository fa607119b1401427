import pytest

from etl.errors import ConfigurationError
from etl.settings import FailureSettings, MaskRule, MaskSettings, Settings
from etl.transform.rules import Rules


def test_rules_are_those_of_the_settings() -> None:
    own = MaskRule(pattern="x+", placeholder="<x>")
    off = MaskSettings(disabled=("uuid",), extra=(own,))
    failures = FailureSettings(disabled=off.disabled, extra=off.extra)
    rules = Rules.of(Settings(masks=off, failures=failures))
    name = "a xx of 123e4567-e89b-12d3-a456-426614174000"
    assert rules.masks(name) == "a <x> of 123e4567-e89b-12d3-a456-<id>"
    assert rules.templates("xx is not yy") == "<x> is not yy"
    assert "<uuid>" in Rules().templates(name)
    assert "<uuid>" not in rules.templates(name)


@pytest.mark.parametrize("section", ["masks", "failures"])
@pytest.mark.parametrize(("name", "hint"), [("uid", "did you mean 'uuid'"), ("nonsense", "there are ")])
def test_a_rule_that_does_not_exist_is_refused(section: str, name: str, hint: str) -> None:
    settings = Settings.model_validate({section: {"disabled": (name,)}})
    with pytest.raises(ConfigurationError, match=rf"{section}.disabled names a rule '{name}' .*{hint}"):
        Rules.of(settings)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"disabled": ["netwrk"]}, "failures.categories.disabled names a rule 'netwrk' .*'network'"),
        (
            {"extra": [{"pattern": "x", "category": "buidl"}]},
            "failures.categories.extra names a category 'buidl' .*'build'",
        ),
    ],
)
def test_a_category_that_does_not_exist_is_refused(rules: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        Rules.of(Settings.model_validate({"failures": {"categories": rules}}))
