"""An App that is refused must never look like a run that is gone or cannot be read: both would lose it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import DataError, FatalError, NotFoundError, RetriableError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.extract.github.jobs import list_jobs
from etl.settings import AppSettings, GitHubSettings
from tests.demo.samples import LATER, NAME, history, run

RENEWAL = "access_tokens"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "app.pem"
    key = rsa.generate_private_key(65_537, 2_048)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"app": AppSettings(app_id=5, installation_id=12, private_key_file=file)}


async def error_of(settings: dict[str, object], fault: faults.Respond) -> BaseException:
    clock = MovingClock(LATER)
    server = SimulatedGitHub(history(run(1)), clock=clock)
    server.faults.add(RENEWAL, fault, times=None)
    async with server as url:
        made = GitHubSettings.model_validate(settings | {"api_url": url, "retries": 0})
        async with GitHub(made, clock=clock, sleep=clock.sleep) as github:
            with pytest.raises((FatalError, RetriableError, DataError)) as caught:
                await list_jobs(RepositoryClient(github, NAME), 1, 1)
    return caught.value


@pytest.mark.parametrize("status", [401, 403, 404, 422])
async def test_a_refused_app_is_named_by_its_settings(settings: dict[str, object], status: int) -> None:
    error = await error_of(settings, faults.status(status, "no"))
    assert isinstance(error, FatalError)
    assert not isinstance(error, NotFoundError)
    assert "github.app.installation_id" in str(error)


@pytest.mark.parametrize("answer", [[], {}, {"token": 5}, {"token": "ghs_x", "expires_at": "soon"}])
async def test_an_answer_without_a_token_costs_no_item(settings: dict[str, object], answer: object) -> None:
    error = await error_of(settings, faults.changed(lambda _right: answer))
    assert isinstance(error, RetriableError)
    assert "ghs_" not in str(error)
