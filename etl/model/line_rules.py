r"""Lines that tell what happened, as data: what they look like, how much they tell, and of which category it is.

Searched in order in a line without times and colours; the first that is found counts. Sources: the tools'
own output and documentation; GNU and MSVC formats of compiler messages; strerror(3); BSD sysexits;
GitHub's runner (`actions/runner`, ExecutionContext, JobDispatcher); curl's and git's exit messages.
"""

from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """How much a line tells; those of the first two are shown only where nothing else is."""

    NOISE = 0  # said of every failure, or said where nothing failed
    CONSEQUENCE = 1  # something failed, told by what had asked for it
    HINT = 2  # sounds like a failure
    ERROR = 4  # says that it is an error
    CAUSE = 6  # a known failure of a known tool


@dataclass(frozen=True, slots=True)
class LineRule:
    """Lines that `pattern` is found in; `category` is empty where the line does not tell one."""

    name: str
    pattern: str
    weight: Weight
    category: str = ""


_N, _Q, _H, _E, _C = Weight.NOISE, Weight.CONSEQUENCE, Weight.HINT, Weight.ERROR, Weight.CAUSE

_SOURCE = (
    r"[\w@+./\\~-]*\.(?:c|cc|cpp|cxx|cu|h|hh|hpp|inl|m|mm|swift|java|kt|kts|scala|groovy|clj|go|rs|py|pyx|pyi|rb|php"
    r"|[cm]?[jt]sx?|vue|svelte|css|s[ac]ss|less|html?|hs|lhs|elm|ml|mli|fs|cs|vb|ex|exs|erl|hrl|dart|lua|pl|pm|t|r|R|jl|nim|zig"
    r"|sh|bash|ps1|sql|proto|tf|ya?ml|toml|json|xml|md|rst|tex|txt|f90|F90|adb|d|sol|cmake|es6|coffee|gradle)"
)

RULES: tuple[LineRule, ...] = (
    # What passed, was left out, is under way, or is said on the side.
    LineRule("passed", r"^\W{0,12}(?:✓|√|✔|▸|\[\+\]|ok \d|ok\b[ \t]|PASS(?:ED)?\b|\[ {7}OK \]|SKIP(?:PED)?\b|XFAIL\b|XPASS\b|OK\b)|^.{1,200}(?:\.\.\. ?(?:ok|yes|no|done|skipped|OK|failed as expected)\.?|\b(?:PASSED|SKIPPED|XFAIL)(?: +\[ *\d+%\])?| STANDARD_(?:OUT|ERROR))$", _N),
    LineRule("level", r"^\W{0,4}(?:[\w.:/,-]+ ){0,6}\[?(?:DEBUG|INFO|TRACE|VERBOSE|NOTICE|WARN(?:ING)?)\]?(?: |:|$)(?!.*Build left)|^\[(?:info|debug|warn|warning)\]|^\s*(?:npm|yarn|pnpm) (?:WARN|warn|info|notice)|^(?:info|notice|note|debug|hint): |^(?:warning|warn): (?!.*(?:[Cc]ould not|[Cc]annot|failed))|^\S+: (?:warning|note): ", _N),
    LineRule("warning", r"(?:^|[\s:(])(?:[Ww]arning|WARNING|[Dd]eprecat\w+|DeprecationWarning|note): (?!.*DATA RACE)|DEPRECATION|deprecated", _Q),
    LineRule("progress", r"^\W{0,6}(?:\[ *\d+(?:%|(?:/| of ) *\d+)\] |(?:re)?(?:Compiling|Copying|Linking|Building|Installing|Installed|Downloading|Downloaded|Fetching|Requesting|Generated|Generating|Checking|Using|Creating|Collecting|Unpacking|Selecting|Preparing|Processing|Extracting|Setting up|Starting|Finished|Get:\d+|Hit:\d+|Reading|adding|inflating|create mode|copying|byte-compiling|running|creating|checking (?:for|if|whether)) |(?:/\S+/)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ar|ranlib|javac|cp|mv|rm|ln|install|mkdir|export|cd|echo)(?:-\d+)? \S)(?!.*(?:\berror\b|failed|fatal))", _N),
    # What follows from a failure, or accompanies every one.
    LineRule("npm-footer", r"^(?:npm|lerna|yarn|pnpm) (?:ERR!|error)\s*(?:$|errno\b|code ELIFECYCLE|code \d+$|path |command |Exit status|Failed at the|This is probably not a problem|A complete log|There is likely additional|Test failed\.|\S+@\S+ \S+: `|\s*/\S+\.log$|Tell the author|You can get|node v|npm +v|System |cwd |argv |Linux |not ok code|Please include)", _N),
    LineRule("yarn-footer", r"^(?:info Visit https://yarnpkg|(?:error|ERR_PNPM\S*|ELIFECYCLE)\s+Command failed\b|\u2009?ELIFECYCLE)", _N),
    LineRule("maven-footer", r"^\[ERROR\] *(?:$|-> \[Help|\[Help \d|To see the full stack|Re-run Maven|For more information about|After correcting the problems|mvn <args>|Please refer to |mvn <goals>)", _N),
    LineRule("gradle-footer", r"^(?:\* (?:Try|Get more help|Where):?|> (?:Run with|Get more help)|Run with --(?:stacktrace|info|scan|debug))", _N),
    LineRule("trace-footer", r"^\(?(?:See full trace|note: (?:run with|Run with) `RUST_BACKTRACE|Use --trace|Run with --trace)", _N),
    LineRule("none", r"(?i)(?:^|[^\w.])(?:0|no|zero|without)[ -](?:\w+ )?(?:errors?|failures?|fail(?:ed|ing)?|problems?|warnings?)\b(?!.*\b[1-9]\d* (?:errors?|fail))|\b(?:errors?|failures?|failed|failing)[:=]? *0\b(?!.*\b(?:errors?|failures?|failed)[:=]? *[1-9])", _N),
    LineRule("command", r"^(?:\$ |\+{1,3} ?[\w'\"\[./-]|> \S+@\S+ |\[command\])", _N),
    LineRule("switches", r"(?:^|\s)(?:-W(?:no-)?error\S*|--\S*(?:error|fail|fatal)\S*)(?:\s.*){0,4}$", _N),
    LineRule("make", r"\bmake(?:\.exe)?(?:\[\d+\])?: (?:\*\*\* )?(?:\[.*\] Error \d+|.*\bError \d+ \(ignored\)|Leaving directory|Entering directory|\*\*\* Waiting|\*\*\* \[)", _Q),
    LineRule("ninja", r"^(?:ninja: build stopped|FAILED: (?=\S+\.(?:o|obj|so|a|exe|dll|lib|pcm))|gmake\[)", _Q),
    LineRule("exit", r"(?i)^(?:The command .* exited with [1-9]\d*|Process completed with exit code|Done\. Your build exited with|.{0,80}\bexit(?:ed)? (?:with )?(?:code|status):? *[1-9]\d*\.?$|error: script .* exited with code|ERROR: Job failed: exit|Build step '.*' marked build as failure|Finished: FAILURE|(?:\[\w+\] )?BUILD FAIL(?:ED|URE)\b)", _Q),
    # The runner, the machine and what it stands on.
    LineRule("cancelled", r"The operation was cancel+ed|The job was cancel+ed|The run was cancel+ed|^Cancel+ing since a higher priority|Received signal SIGTERM from|has been cancel+ed by the user", _E),
    LineRule("runner-lost", r"(?i)received a shutdown signal|lost communication with the server|hosted runner.* (?:lost|encountered an error)|runner .* did not respond|The agent .*(?:disconnected|offline)|OrderlyShutdown|Cannot contact .*: java\.|ChannelClosedException|worker .* (?:was terminated|crashed unexpectedly)", _C, "infrastructure"),
    LineRule("no-runner", r"(?i)no runner(?:s)? (?:matching|is |found|available)|not acquired by Runner|waiting for a runner to pick up this job.*timed? ?out", _C, "no_runner"),
    LineRule("disk", r"(?i)\bno space left on device\b|\bENOSPC\b|disk quota exceeded|not enough (?:free )?disk space|There is not enough space on the disk|insufficient disk space|out of disk space", _C, "disk"),
    LineRule("out-of-memory", r"(?i)\bout of memory\b(?! (?:test|check))|OutOfMemoryError|cannot allocate memory|\bOOM[- ]?kill|\bbad_alloc\b|heap limit Allocation failed|JavaScript heap out|MemoryError\b|exit(?:ed)? (?:with )?(?:code|status) 137\b|virtual memory exhausted|fatal error: Killed signal|^(?:\S+: line \d+: +\d+ )?Killed\b(?: {2,}.*)?$|runtime: cannot allocate|\(signal: 9, SIGKILL", _C, "out_of_memory"),
    LineRule("timeout", r"(?i)has timed out after \d+ (?:minutes|seconds)|exceeded the maximum execution time|No output has been received in the last|^panic: test timed out after|job exceeded the maximum (?:time|log)|taking longer than \d+ \w+, and has|(?:code|status|returning|exited with):? 124\b|timeout: sending signal|build timed out \(after|Your test run exceeded|Timed? ?out (?:while |after )?waiting|TimeoutError\b|TimeoutException\b|TIMEOUT\b.*\bexceeded|Job's log exceeded|killed by timeout|reached its time ?limit|deadline exceeded", _C, "timeout"),
    LineRule("log-limit", r"(?i)The log length has exceeded the limit|job has been terminated", _C, "infrastructure"),
    LineRule("credentials", r"(?i)could not load credentials|credentials could not be loaded|no basic auth credentials|authentication failed|invalid credentials|bad credentials|could not read (?:username|password)|permission denied \(publickey|HTTP(?:/\S+)? 401\b|\b401 Unauthorized|status code 401|ENEEDAUTH|ExpiredToken|denied: requested access|unauthorized: |resource not accessible by integration|host key verification failed|AccessDenied(?:Exception)?\b|InvalidClientTokenId|Unable to locate credentials|token (?:is|has) expired|Input required and not supplied: .*token|gpg: (?:signing failed|decryption failed)", _C, "credentials"),
    LineRule("rate-limit", r"(?i)\brate limit (?:exceeded|reached)|API rate limit|secondary rate limit|toomanyrequests|\b429 too many requests|pull rate limit|(?:status|HTTP|code|error:?) ?429\b", _C, "network"),
    LineRule("network", r"(?i)could ?n[o']t? resolve host|name or service not known|temporary failure (?:in name resolution|resolving)|connection (?:refused|reset|timed? ?out)|network is unreachable|no route to host|\bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND|AI_AGAIN|PIPE|HOSTUNREACH|SOCKETTIMEDOUT)\b|i/o timeout|TLS handshake timeout|SSL(?:Error|_ERROR_|: CERTIFICATE)|\bSSL routines\b|\b50[0234] (?:Service|Bad Gateway|Gateway|Internal Server|Server Error)|(?:returned error|status(?: code)?|HTTP(?: error)?|code)[ :=]*50[0234]\b|unexpected EOF while|early EOF|the remote end hung up|RPC failed; |curl: \(\d+\)|wget: unable|failed to (?:download|fetch)\b(?! changes)|could not (?:download|transfer artifact|fetch)|Error while (?:fetching|downloading)|socket hang up|ReadTimeout(?:Error)?|ConnectTimeout(?:Error|Exception)?|UnknownHostException|SocketTimeoutException|Connect(?:ion)?Exception|Max retries exceeded|download(?:ing)? .* failed|Failed to connect to|connect timeout|net/http: |dial tcp|error pulling image|Hash [Ss]um mismatch|Some index files failed to download|Failed to clone from", _C, "network"),
    # Packages and images that cannot be had, or do not fit each other.
    LineRule("image", r"(?i)manifest (?:for .* |unknown|.*not found)|pull access denied|repository does not exist|Error response from daemon|ImagePullBackOff|ErrImagePull|failed to solve|no matching manifest|executor failed running|The command '.*' returned a non-zero code", _C, "dependency"),
    LineRule("package", r"(?i)could not find a version that satisfies|no matching distribution|ResolutionImpossible|failed building wheel|PackagesNotFoundError|UnsatisfiableError|ResolvePackageNotFound|npm (?:ERR!|error) (?:code )?E(?:404|RESOLVE|TARGET|INTEGRITY|UNSUPPORTED|BADENGINE)|npm (?:ERR!|error) 404|notarget No matching|unable to resolve dependency tree|Could not resolve (?:all |dependencies|dependency)|could not be resolved|Could not find artifact|DependencyResolution|PluginResolutionException|unable to locate package|has no installation candidate|unmet dependencies|no matching package named|failed to select a version|failed to (?:load|parse|resolve) manifest|failed to parse lock|unknown revision|missing go\.sum entry|module .* found .*, but does not contain|cannot find module providing|go: (?:updates to go\.mod|inconsistent vendoring|errors parsing)|lock ?file (?:is |needs to be|out of|would)|package-lock\.json.* (?:in sync|not)|frozen[- ]lockfile|Couldn't find any versions|Could not find gem|Bundler could not|Bundler::\w+|Your requirements could not be resolved|Couldn't find package|unable to find package|Nothing provides|No package .* available|conflicting (?:requirements|dependencies)|requires .* which is not|NU1\d\d\d|does not satisfy|ERR_PNPM_\w+|YN00\d\d: .* (?:not|fail)|Unable to (?:locate|resolve|find) (?:dependenc|artifact|package|image)|dependency .* not found|incompatible (?:versions?|dependenc)|The engine \"", _C, "dependency"),
    # Compilers, linkers, build tools.
    LineRule("compiler", rf"{_SOURCE}:\[?\d+(?:[:,]\d+)?\]?:? *(?:\S+: )?(?:fatal )?[Ee]rror\b|{_SOURCE}\(\d+(?:,\d+)*\) ?: (?:fatal )?error\b|^\[ERROR\] (?:/|[A-Z]:)?{_SOURCE}:(?:\[\d|\d)|^\[error\] {_SOURCE}:\d|^e: (?:file:/)?\S+\.kts?\b|{_SOURCE}:\d+: error:|^error(?:\[E\d+\])?: (?!test|could not compile|aborting|process|script)|^{_SOURCE}:\d+(?::\d+)?: (?:syntax error|undefined|undeclared|cannot |imported and not|declared |expected |missing |no required|not enough|too many|multiple|unexpected|invalid|unknown|redefinition)|\berror (?:TS|CS|MSB|LNK|C|FS|NETSDK|AS)\d{3,5}\b", _C, "build"),
    LineRule("linker", r"undefined (?:reference|symbol)|cannot find -l\w|ld returned [1-9]|unresolved external symbol|symbol\(s\) not found|linker command failed|duplicate symbol|multiple definition of|cannot open shared object file|Undefined symbols for", _C, "build"),
    LineRule("build-tool", r"^CMake Error|^Execution failed for task|Compilation failure|COMPILATION ERROR|^(?:\*\* )?BUILD FAILED \*\*|Failed to execute goal|No rule to make target|No targets? specified and no makefile|error: could not compile|aborting due to|Could not find .* \(missing|configure: error:|meson\.build:.*ERROR|rake aborted!|Don't know how to build task|No Rakefile found|Task never defined|Error: Cannot find module|Module not found|SyntaxError\b|ParseError|Parse error|syntax error|fatal error:|TS\d{4}: |FTBFS|== Compilation error|\*\* \(CompileError|could not compile dependency|Reference to undeclared|[Ii]llegal (?:switch|option)|Invalid CSS|UnsupportedClassVersionError|has been compiled by a more recent version|ERROR: Command errored out|error: subprocess-exited|legacy-install-failure|Failed to build|cannot find symbol|Unresolved reference|not found: (?:value|type|object)|LaTeX Error|^! (?:Undefined|Emergency|LaTeX|Package)|No such module|missing required module|target .* (?:failed|not found)", _C, "build"),
    LineRule("git", r"(?i)unsafe repository|dubious ownership|Repository not found|not a git repository|could not find remote branch|Remote branch .* not found|pathspec .* did not match|CONFLICT \(|Automatic merge failed|cherry-pick|unmerged (?:files|paths)|refusing to merge|\b(?:checkout|working (?:tree|directory|copy))\b.*\bdirty\b|non-fast-forward|\[rejected\]|failed to push some refs|reference is not a tree|Couldn't find remote ref|unable to access 'https?://", _C, "configuration"),
    # Type checkers, linters, formatters.
    LineRule("lint", rf"^\s*{_SOURCE}:\d+(?::\d+)?:? +(?:\[?[A-Z]{{1,8}}[-_]?\d{{2,6}}\]?\b|[EWFCNRBDS]\d{{3,4}}\b|\w+: |\[\w+\]|error\b|MD\d{{3}}|SC\d{{4}})|^\s*\d+:\d+ +error +\S|^\[warn\] \S+\.\w+$|Code style issues|Run Prettier|would reformat|files? would be reformatted|Linter failed|^In .* line \d+:$|(?i:offenses? detected)|\bSC\d{{4}}\b|golangci-lint|File is not (?:`|properly )?\w*-?(?:ed|formatted)|^Diff in |Found \d+ errors? in \d+ files?|✖ \d+ problems?|\bPBP\b.*Severity|^Overfull \\hbox", _C, "lint"),
    # Deployments and settings.
    LineRule("deploy", r"(?i)^│? ?Error: |UPGRADE FAILED|INSTALLATION FAILED|CrashLoopBackOff|FailedScheduling|^Error from server|error validating|error: unable to (?:recognize|read|forward)|Error: (?:Unsupported|Invalid|Missing|Reference to|Failed to|error |Provider)|terraform .* failed|Error (?:acquiring|locking) the state lock|context deadline exceeded", _C, "configuration"),
    LineRule("missing", r"(?i)^(?:\S+: )?(?:line \d+: )?\S+: (?:command not found|not found|No such file or directory|Permission denied)$|: command not found|is not recognized as|is currently not installed|No such file or directory|Permission denied|exec format error|cannot stat|Unexpected input\(s\)|Unable to resolve action|Can't find '?action\.yml|Invalid workflow file|not defined in (?:the )?environment|required (?:option|argument|parameter|input|variable)|invalid (?:option|argument|configuration)|unrecognized (?:option|argument)|Unknown option|No configuration file", _C, "configuration"),
    # Whatever crashed or failed a test.
    LineRule("test-heading", r"^\s*--- FAIL: |^not ok\b(?!.*# (?i:todo|skip))|^(?:FAILED|ERROR) \S+\.py\b|<<< (?:FAILURE|ERROR)!|^[\w.$]+ > .+ FAILED$|^\s{0,8}(?:✕|✗|✘|✖|×|●|❌|\[-\]) ?\S|^FAIL[:!]? +\S|^\s{0,4}\d+\) [A-Za-z\"']\S*.*$|panicked at|DATA RACE|^\[  FAILED  \]|\*\*\*(?:Failed|Exception|Timeout|Not Run)|(?:\s|:)FAIL(?:ED)?$|^\S.{0,100} (?:FAILED|ERROR)$", _C, "test"),
    LineRule("test", r"^\s*--- FAIL: |^not ok\b(?!.*# (?:TODO|SKIP|todo|skip))|^E {3,}\S|^(?:FAILED|ERROR) \S+\.py\b|<<< (?:FAILURE|ERROR)!| > .+ FAILED$|^\s*(?:✕|✗|✘|✖|×|●|❌|\[-\]) ?\S|^FAIL[:!]? |AssertionError\b|assertion .*failed|Assert(?:ion)?FailedError|ComparisonFailure|Failed asserting|^\s*Failure/Error:|^\s*\d+\) \S.*|panicked at|^DATA RACE|WARNING: DATA RACE|\bFAIL(?:ED|URE)?[:!]*$|^\[  FAILED  \]|\(Failed\)|\*\*\*(?:Failed|Exception|Timeout|Not Run)|\(ExUnit\.|DISCONNECTED|Caught exception in|^Disconnected|Expected .* (?:but|to) |but (?:was|got):|test(?:s)? failed|Test [Ff]ail|\bTests? exited with|Looks like you(?:r test| failed| planned)|Dubious, test returned", _E, "test"),
    LineRule("crash", r"(?i)segmentation fault|segfault|\bSIG(?:SEGV|BUS|ABRT|ILL|FPE|KILL|TERM)\b|core dumped|stack overflow|StackOverflowError|fatal error: |^panic: |unhandled exception|uncaught exception|uncaughtException|unhandledRejection|terminate called|double free|AddressSanitizer|runtime error: |Aborted \(|internal compiler error|has crashed|crashed unexpectedly", _C, "build"),
    LineRule("error-word", r"(?i)^\W{0,8}(?:\[?[\w.:/@-]{1,40}\]? ?[|:>-]{0,2} *)?\[?(?:fatal|error|critical|panic|severe|abort(?:ed)?)\]?(?: \w{1,20})?\]? ?[:!]|^\W{0,4}(?:ERROR|FATAL|CRITICAL|FAILURE|SEVERE)\b|^##\[error\]|^\W*(?:ERR!|err:)", _E),
    LineRule("exception", r"^(?:\s|Caused by: |\d+\) )*(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*[A-Z]\w*(?:Error|Exception|Failure|Fault|Panic)\b(?:: |$| \()|^\*\* \((?:\w|\.)+\) |^\*\* \(throw|^Traceback \(|^Caused by: |^\s*raise \w|^Exception in thread|Uncaught \w|^\s*throw ", _E),
    LineRule("failed-word", r"(?i)\b(?:failed|failing|failure|cannot|can't|could not|couldn't|unable to|not found|unexpected|invalid|illegal|undefined|undeclared|missing|denied|refused|rejected|aborted|terminated|killed|unknown|mismatch|not allowed|unsupported|forbidden|violat\w+|incorrect|malformed|must (?:be|not)|should(?:n't| not| be)?|expected|does not|doesn't|already|broken|conflict|warning: .*-W?error)\b", _H),
    LineRule("error-anywhere", r"\b[Ee]rrors?\b|\bERRORS?\b|Error\b|Exception\b|\bFAIL\w*|[Ff]ail(?:s|ed|ure)?\b", _H),
)  # fmt: skip
