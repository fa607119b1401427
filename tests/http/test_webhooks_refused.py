"""Webhooks that are not signed, odd, or too large: refused with a reason, and nothing is kept."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from etl.demo.webhooks import Hook
from tests.http.serving import served
from tests.http.test_ci_metrics import scraped
from tests.http.test_webhooks import ON, PATH, SECRET, ended, posted, sent, waiting
from tests.pipeline.world import NAME, simulated

WRONG_SIGNATURES = ["-", "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=é", "0" * 64]


async def test_what_is_not_signed_is_refused_and_not_kept(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        for signature in WRONG_SIGNATURES:
            answer = await posted(service, ended(), X_Hub_Signature_256=signature)
            assert answer.status == 401, signature
        assert await sent(service, ended(), secret="another") == [401]
        assert waiting(service) == []
        assert SECRET not in json.dumps(service.logs, default=str)
        found = await scraped(service)
        refused = found["ci_health_webhooks_total", 'event="workflow_run",outcome="refused"']
        assert refused == len(WRONG_SIGNATURES) + 1


async def test_a_signature_is_of_the_raw_body(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        hook = ended()
        spaced = json.dumps(json.loads(hook.body), indent=1).encode()
        answer = await service.ask("POST", PATH, data=spaced, headers=hook.headers(SECRET))
        assert answer.status == 401


ODD: list[tuple[Hook, dict[str, str], int]] = [
    (Hook("ping", {"zen": "Keep it logically awesome."}), {}, 202),
    (Hook("push", {}), {}, 202),
    (Hook("x" * 5_000, {}), {}, 202),
    (Hook("workflow_run", {"action": "requested"}), {}, 202),
    (Hook("workflow_run", {"action": "completed"}), {}, 400),
    (ended({"id": "42", "full_name": NAME}), {}, 400),
    (ended({"id": 0, "full_name": NAME}), {}, 400),
    (ended(id=True), {}, 400),
    (ended(id=0), {}, 400),
    (ended(id=-5), {}, 400),
    (ended(id=1 << 70), {}, 400),
    (ended(), {"X_GitHub_Delivery": "-"}, 400),
    (ended(), {"X_GitHub_Delivery": "x" * 101}, 400),
    (ended(), {"Content_Type": "application/x-www-form-urlencoded"}, 400),
    (ended(), {"Content_Type": "text/plain"}, 415),
    (Hook("ping", {"zen": "Keep it logically awesome."}), {"Content_Type": "text/plain"}, 415),
    (Hook("ping", {"zen": "Keep it logically awesome."}, form=True), {}, 202),
    (replace(ended(), form=True), {"Content_Type": "application/json"}, 400),
]


async def test_what_is_odd_is_reported_and_harms_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        for hook, changed, status in ODD:
            answer = await posted(service, hook, **changed)
            assert answer.status == status, (hook, changed)
        assert waiting(service) == []
        found = await scraped(service)
        counted = {
            labels: count for (name, labels), count in found.items() if name == "ci_health_webhooks_total"
        }
        assert sum(counted.values()) == len(ODD)
        assert "xxx" not in str(list(counted))


class Raw(Hook):
    """A delivery with another body."""

    raw = b""

    @property
    def body(self) -> bytes:
        return self.raw


def raw(body: bytes, *, form: bool = False) -> Raw:
    hook = Raw("workflow_run", {}, form=form)
    object.__setattr__(hook, "raw", body)
    return hook


NO_PAYLOADS = [b"", b"[", b"[]", b"\xff\xfe", b"[" * 100_000, b"null", b'{"action": 5}']


async def test_a_body_that_is_no_payload(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        for body in NO_PAYLOADS:
            for hook in (raw(body), raw(b"payload=" + body, form=True)):
                assert (await posted(service, hook)).status in (202, 400), body
        assert waiting(service) == []


@pytest.mark.parametrize("form", [b"", b"payload", b"other=%s", b"%s", b"payload=%s&a=b", b"a=b&payload=%s"])
async def test_a_form_has_the_payload_and_nothing_else(tmp_path: Path, form: bytes) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        payload = quote(json.dumps(ended().payload)).encode()
        answer = await posted(service, raw(form.replace(b"%s", payload), form=True))
        assert (answer.status, answer.json["error"]) == (
            400,
            "workflow_run: the form is not the one field `payload`",
        )
        assert waiting(service) == []


@pytest.mark.parametrize("form", [False, True])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, form: bool) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        hook = Hook("workflow_run", {"padding": "x" * (6 << 20)}, form=form)
        answer = await service.ask("POST", PATH, data=BytesIO(hook.body), headers=hook.headers(SECRET))
        assert answer.status == 413


async def test_without_a_secret_they_are_off(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        assert await sent(service, ended(), secret="") == [404]
