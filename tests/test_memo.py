from etl.memo import MAX_KEPT, Memo


def test_a_value_is_made_once() -> None:
    made: list[str] = []

    def make(key: str) -> int:
        made.append(key)
        return len(key)

    kept = Memo(make, most=2)
    assert [kept["a"], kept["a"], kept["bb"]] == [1, 1, 2]
    assert made == ["a", "bb"]
    assert kept["ccc"] == 3
    assert list(kept) == ["ccc"]


def test_long_keys_are_not_kept() -> None:
    kept = Memo(str.upper, most=10, length=len)
    assert kept["a" * MAX_KEPT] == "A" * MAX_KEPT
    assert kept["b" * (MAX_KEPT + 1)] == "B" * (MAX_KEPT + 1)
    assert len(kept) == 1


def test_keys_that_are_long_on_average_are_fewer() -> None:
    kept = Memo(str.upper, most=10, length=len, typical=5)
    for letter in "abcdef":
        assert kept[letter * 10] == letter.upper() * 10
    assert list(kept) == ["f" * 10]
