"""A server that does not answer is of the category `network`, whichever tool says so and however it puts it."""

import pytest

from etl.extract.logs.reading import read_log
from etl.transform.failures.categories import Categories

category_of = Categories()

# Lines as the tools write them, one a failure.
LINES = {
    "git": [
        "fatal: unable to access 'https://github.com/acme/rocket/': The requested URL returned error: 503",
        "fatal: unable to access 'https://github.com/acme/rocket/': The requested URL returned error: 429",
        "fatal: unable to access 'https://github.com/acme/rocket/': Failed to connect to github.com port 443: Timed out",
        "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502",
        "fatal: expected flush after ref listing",
        "fetch-pack: unexpected disconnect while reading sideband packet",
        "remote: Internal Server Error",
        "kex_exchange_identification: Connection closed by remote host",
        "batch response: Rate limit exceeded: https://github.com/acme/rocket",
        "LFS: Client error: https://lfs.example.com/x from HTTP 429",
    ],
    "curl": [
        "curl: (22) The requested URL returned error: 503",
        "curl: (28) Operation timed out after 300000 milliseconds with 0 out of 0 bytes received",
        "curl: (22) The requested URL returned error: 504 Gateway Time-out",
    ],
    "wget": ["2026-03-02 10:00:00 ERROR 503: Service Unavailable.", "ERROR 429: Too Many Requests."],
    "pip": [
        "ERROR: HTTP error 503 while getting https://files.pythonhosted.org/packages/a.whl",
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out.",
        "requests.exceptions.HTTPError: 502 Server Error: Bad Gateway for url: https://pypi.org/simple/a/",
        "  error: HTTP status server error (503 Service Unavailable) for url (https://pypi.org/simple/a/)",
    ],
    "conda": ["CondaHTTPError: HTTP 503 SERVICE UNAVAILABLE for url <https://conda.anaconda.org/x>", "CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://x>"],
    "npm": [
        "npm ERR! 503 Service Unavailable - GET https://registry.npmjs.org/left-pad",
        "npm error code E503",
        "npm ERR! code E429",
        "npm ERR! code ERR_SOCKET_TIMEOUT",
        "npm ERR! network request to https://registry.npmjs.org/a failed, reason: connect ETIMEDOUT 104.16.0.35:443",
    ],
    "Yarn": [
        "\u27a4 YN0035: \u2502 left-pad@npm:1.3.0: The remote server failed to provide the requested resource",
        "\u27a4 YN0035: \u2502   Response Code: 503 (Service Unavailable)",
        "RequestError: Timeout awaiting 'request' for 60000ms",
    ],
    "pnpm": [" ERR_PNPM_FETCH_503  GET https://registry.npmjs.org/a: Service Unavailable - 503", " ERR_PNPM_FETCH_429  GET https://registry.npmjs.org/a: Too Many Requests - 429"],
    "cargo": [
        "error: failed to get successful HTTP response from `https://index.crates.io/se/rd/serde` (1.2.3.4), got 503",
        "  failed to get successful HTTP response from `https://crates.io/api/v1/crates/a/1/download`, got 429",
        "  [28] Timeout was reached (Operation too slow. Less than 10 bytes/sec transferred the last 30 seconds)",
    ],
    "go": [
        "go: github.com/a/b@v1.2.3: reading https://proxy.golang.org/github.com/a/b/@v/v1.2.3.mod: 503 Service Unavailable",
        'go: github.com/a/b@v1.2.3: Get "https://proxy.golang.org/a": net/http: TLS handshake timeout',
        'go: a@v1: https fetch: Get "https://golang.org/x/net?go-get=1": context deadline exceeded',
        "verifying module: a@v1: reading https://sum.golang.org/lookup/a@v1: 429 Too Many Requests",
    ],
    "apt": [
        "E: Failed to fetch http://archive.ubuntu.com/ubuntu/pool/a.deb  503  Service Unavailable [IP: 1.2.3.4 80]",
        "Err:5 http://azure.archive.ubuntu.com/ubuntu jammy InRelease",
        "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
    ],
    "dnf": ["[MIRROR] a.rpm: Status code: 502 for http://x/a.rpm (IP: 1.2.3.4)", "Error: Error downloading packages:"],
    "apk": ["ERROR: https://dl-cdn.alpinelinux.org/alpine/v3.19/main: temporary error (try again later)"],
    "Maven": [
        "[ERROR] Could not transfer artifact a:b:pom:1 from/to central (https://x): status code: 429, reason phrase: Too Many Requests (429)",
        "[ERROR] Failed to execute goal on project shop: Could not transfer artifact x:y:jar:1 from/to central (https://x): status: 503 Service Unavailable",
    ],
    "Gradle": ["> Could not GET 'https://x/a.pom'. Received status code 503 from server: Service Unavailable", "   > Read timed out"],
    "sbt": ["[error] lmcoursier.internal.shaded.coursier.error.FetchError$DownloadingArtifacts: Error fetching artifacts:"],
    "Docker": [
        "Error response from daemon: received unexpected HTTP status: 503 Service Unavailable",
        'Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
        "ERROR: failed to solve: failed to fetch oauth token: unexpected status: 500 Internal Server Error",
        "toomanyrequests: You have reached your pull rate limit.",
        'failed to copy: failed to do request: Put "https://ghcr.io/v2/a": EOF',
    ],
    "Helm": [
        "Error: failed to fetch https://charts.example.com/index.yaml : 503 Service Unavailable",
        'Error: Get "https://charts.example.com/index.yaml": dial tcp: lookup charts.example.com: no such host',
    ],
    "kubectl": ["Unable to connect to the server: net/http: TLS handshake timeout", "Error from server (ServiceUnavailable): the server is currently unable to handle the request"],
    "RubyGems": ["Gem::RemoteFetcher::FetchError: bad response Service Unavailable 503 (https://rubygems.org/specs.4.8.gz)", 'Net::HTTPFatalError: 503 "Service Unavailable"'],
    "Composer": ['The "https://repo.packagist.org/packages.json" file could not be downloaded (HTTP/2 503 )', "curl error 28 while downloading https://repo.packagist.org/p2/a/b.json: Operation timed out"],
    "NuGet": ["error NU1301: Unable to load the service index for source https://api.nuget.org/v3/index.json.", "error : Response status code does not indicate success: 429 (Too Many Requests)."],
    "Hex": ["** (Mix) Request failed (503)"],
    "rustup": ["error: could not download file from 'https://x' to '/y': http request returned an unsuccessful status code: 503"],
    "AWS": ["An error occurred (ServiceUnavailable) when calling the PutObject operation (reached max retries: 4): Service Unavailable", "An error occurred (ThrottlingException) when calling the X operation: Rate exceeded"],
    "GitHub": [
        "Failed to CreateArtifact: Received non-retryable error: Failed request: (503) Service Unavailable",
        "Error: Unexpected HTTP response: 504",
        "Error: Cache service responded with 503",
        "HttpError: Server Error",
        "Failed to resolve action download info. Error: Service Unavailable",
        "gh: Server Error (HTTP 503)",
    ],
}  # fmt: skip

# Whole messages: what the tool was about stands first, and the server's answer last.
CHAINS = {
    "cargo": """error: failed to get `serde` as a dependency of package `shop v0.1.0 (/home/runner/shop)`

Caused by:
  failed to load source for dependency `serde`

Caused by:
  failed to get successful HTTP response from `https://index.crates.io/se/rd/serde` (1.2.3.4), got 503
body:
""",
    "Gradle": """FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':compileJava'.
> Could not resolve all files for configuration ':compileClasspath'.
   > Could not resolve com.acme:shop:1.
     Required by:
         project :
      > Could not get resource 'https://repo.maven.apache.org/maven2/com/acme/shop/1/shop-1.pom'.
         > Could not GET 'https://repo.maven.apache.org/x.pom'. Received status code 503 from server: Service Unavailable
""",
    "Terraform": """Initializing provider plugins...
\u2577
\u2502 Error: Failed to query available provider packages
\u2502
\u2502 Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to
\u2502 registry.terraform.io: failed to request discovery document: 503 Service Unavailable
\u2575
""",
}

# What a server says of the request, or what is no server's word at all.
OTHERS = {
    "fatal: unable to access 'https://github.com/acme/rocket/': The requested URL returned error: 403": "credentials",
    "npm ERR! code E404": "dependency",
    "npm error code E401": "unknown",
    "error[E0503]: cannot use `total` because it was mutably borrowed": "build",
    "src/http.go:503:7: undefined: status": "build",
    "E: Unable to locate package libshop-dev": "dependency",
    "503 tests ran": "unknown",
    "│ Error: Unsupported argument": "configuration",
}


@pytest.mark.parametrize(("tool", "line"), [(tool, line) for tool, lines in LINES.items() for line in lines])
def test_a_server_that_does_not_answer_is_the_network(tool, line):
    """Told by an annotation as by a log."""
    log = read_log([f"Run {tool}\n{line}\nProcess completed with exit code 1.\n".encode()])
    assert (category_of(line), category_of.of_log(log)) == ("network", "network")


@pytest.mark.parametrize("tool", CHAINS)
def test_of_a_chain_of_causes_the_server_counts(tool):
    assert category_of.of_log(read_log([CHAINS[tool].encode()])) == "network"


@pytest.mark.parametrize(("line", "category"), OTHERS.items())
def test_other_failures_are_not_the_network(line, category):
    assert category_of(line) == category


def test_a_failing_test_stays_one_whatever_it_waited_for():
    log = b"\xe2\x97\x8f basket \xe2\x80\xba asks the shop\n  connect ECONNREFUSED 127.0.0.1:80\n"
    assert category_of.of_log(read_log([log])) == "test"
