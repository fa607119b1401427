import pytest

from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import ConfigurationError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.settings import GitHubSettings
from tests.demo.samples import LATER, NAME, history


async def test_a_token_may_end_with_a_newline() -> None:
    server = SimulatedGitHub(history(), clock=MovingClock(LATER))
    async with server as url, GitHub(GitHubSettings(token="secret\n", api_url=url)) as github:
        await RepositoryClient(github, NAME).page("")
    assert server.log.requests[0].token == "secret"


@pytest.mark.parametrize("token", ["a\nb", "a b", "tök", "a\x00"])
def test_a_token_that_cannot_be_sent_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        GitHub(GitHubSettings(token=token))
    assert token not in str(caught.value)
