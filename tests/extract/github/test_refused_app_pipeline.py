"""What an App's refusal in the middle of a sync must not cost: the runs that were about to be read."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from etl.demo import faults
from etl.demo.app import Installation, SimulatedApp
from tests.pipeline.world import NAME, NOON, attempt, job, run, simulated

HOUR = 3_600
REFUSALS = {
    "installation gone": faults.status(404, "Not Found"),
    "garbled answer": faults.changed(lambda _: {}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_run_is_read_after_the_app_is_let_in_again(tmp_path: Path, refusal: str) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    file = tmp_path / "app.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    app = {"app_id": 5, "installation_id": 12, "private_key_file": str(file)}
    github = {"token": None, "app": app}
    async with simulated(tmp_path) as world:
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        world.github.app = SimulatedApp(5, public, [Installation(12, "acme")])
        world.add(run(NOON - HOUR, attempt(NOON - HOUR, job("unit", NOON - HOUR + 5))))

        def end_token() -> None:
            world.clock.advance(HOUR)
            world.github.faults.add("access_tokens", REFUSALS[refusal], times=1)

        # The listing is answered, then the token ends, and its renewal is refused.
        world.github.faults.add("created=", faults.after(end_token))
        (first,) = await world.sync(github=github)
        assert first.error is not None
        (second,) = await world.sync(github=github)
        assert second.error is None
        assert [point["repository"] for point in world.points("job")] == [NAME]
