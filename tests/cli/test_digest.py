"""`ci-health digest`, printed and sent to a real webhook."""

import json
import time

import pytest

from etl.demo.server import SimulatedGitHub
from tests.agents import project
from tests.cli.running import Ci, settings_for
from tests.receiver import SECRET, receiving


@pytest.fixture
async def ci(tmp_path):
    async with SimulatedGitHub(project(int(time.time()))) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
        yield ci


async def test_it_is_printed(ci):
    printed = await ci("digest", "--days", "2")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith("**CI of acme/rocket, last 2 days**: ")
    as_json = await ci("digest", "--format", "json", "--repository", "acme/rocket")
    assert json.loads(as_json.out)["title"] == "CI of acme/rocket, last 7 days"
    unknown = await ci("digest", "--repository", "acme/rokcet")
    assert unknown.code == 2
    assert "did you mean 'acme/rocket'" in unknown.err


async def test_it_is_sent_to_the_webhook_that_is_named_or_configured(ci):
    async with receiving() as receiver:
        sent = await ci("digest", "--post", receiver.url)
        assert (sent.code, sent.out) == (0, "digest: sent\n"), sent.err
        assert set(receiver.messages[0]) == {"text"}
        ci.environment |= {"CI_HEALTH_DIGEST__URL": receiver.url, "CI_HEALTH_DIGEST__CHAT": "teams"}
        assert (await ci("digest", "--post", "digest.url")).code == 0
        assert receiver.messages[1]["type"] == "message"
        assert (await ci("digest", "--post", "digest.url", "--chat", "discord")).code == 0
        assert "embeds" in receiver.messages[2]
        for status in (302, 404, 503):
            receiver.status = status
            refused = await ci("digest", "--post", receiver.url)
            assert refused.code == 1
            assert f"it answered {status}" in refused.err
        assert receiver.asked == 6
    away = await ci("digest", "--post", receiver.url)
    assert away.code == 1
    assert "cannot be reached" in away.err
    assert SECRET not in refused.err + away.err


async def test_a_wrong_webhook_is_reported_without_its_url(ci):
    for url in (f"http://chat.example/{SECRET}", f"ftp://chat.example/{SECRET}", SECRET):
        by_option = await ci("digest", "--post", url)
        by_setting = await Ci(ci.folder, **ci.environment, CI_HEALTH_DIGEST__URL=url)("digest")
        for outcome in (by_option, by_setting):
            assert outcome.code == 2
            assert SECRET not in outcome.out + outcome.err
    missing = await ci("digest", "--post", "digest.url")
    assert (missing.code, "CI_HEALTH_DIGEST__URL" in missing.err) == (2, True)
    wrong = await Ci(ci.folder, **ci.environment, CI_HEALTH_DIGEST__AT="monday 8")("digest")
    assert "write for example mon 08:00" in wrong.err
