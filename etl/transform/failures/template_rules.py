r"""What varies in the output of common ecosystems, as data: the rules of templates, by name.

Sources of the formats: Go `time.Duration.String` and goroutine dumps; Python `tempfile`, tracebacks
and default `repr`; Java `Object.toString` and thread names; V8 and Rust stack traces; klog headers;
Kubernetes `rand.SafeEncodeString`, whose alphabet has no vowels and names pods; RFC 3339, 1123,
3164, 4122, 4291. That identities are told apart and measures are not is taken from Kubernetes' triage.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A match, or its group `value` if the pattern has one, becomes the placeholder.

    Without a placeholder, the match stays and later rules do not see it. Distinct values of an identity get
    numbers; those of a measure do not, since they are mostly equal by chance.
    """

    pattern: str
    placeholder: str | None
    identity: bool = True


def _measure(pattern: str, placeholder: str) -> Rule:
    return Rule(pattern, placeholder, identity=False)


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)*"

_H16 = r"[0-9a-fA-F]{1,4}"
_IPV6 = (
    rf"(?:(?:{_H16}:){{7}}{_H16}"
    rf"|(?=[0-9a-fA-F:]{{0,39}}\d)(?:{_H16}(?::{_H16}){{0,6}})?::(?:{_H16}(?::{_H16}){{0,6}})?)"
    r"(?:%\w+)?"
)

# The alphabet of Kubernetes' random suffixes.
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
# Endings of pod, deployment and preview names: Kubernetes' random suffix, with or without that of the replica
# set, or six hex digits. After the word "pod", a name may end in any text with a digit.
_HASHED = (
    rf"(?:(?=[a-z]*\d)[{_SAFE}]{{6,10}}-[{_SAFE}]{{5}}|\d{{8,10}}-[{_SAFE}]{{5}}"
    rf"|(?=[a-z]*\d)(?=\d*[a-z])(?:[{_SAFE}]{{8,10}}|[{_SAFE}]{{5}}|[0-9a-f]{{6}}))"
)
_OF_A_POD = rf"(?:[{_SAFE}]{{8,10}}-)?(?:[{_SAFE}]{{5}}|(?!v\d)(?=[a-z]*\d)[a-z0-9]{{4,16}})"
_PATH = r"[^\s,;:()<>'\"\]]"

_EXTENSION = (
    r"(?:java|kts?|scala|groovy|swift|py|pyx|go|rs|[cm]?js|[cm]?ts|[jt]sx|vue|rb|php|exs?|cs|fs|dart"
    r"|c|cc|cpp|h|hpp|m|sh|lua|pl|r|jl|hs|ml|yaml|yml|toml|json|html|css|sql|tf|spec|txt|md)"
)

# Status codes of HTTP, and what may stand between two that are compared.
_HTTP = r"(?:100|101|10[23]|20[0-8]|226|30[0-8]|40[0-9]|41[0-8]|42[1-9]|431|451|50[0-8]|51[01])"
_COMPARED = (
    r"(?!\s*\d)(?:[^\w\n]|\b(?:actual|a|and|be|but|code|deeply|equals?|expected|found|from|got|have|http|instead|is|not|of|received"
    r"|response|returned|same|status|strictly|the|to|value|wanted|want|was)\b){1,24}?"
)

# In this order: what is more specific first, bare numbers last.
RULES: Mapping[str, Rule] = {
    # GitHub's runner names itself and its worker; the cause is the same.
    "runner": Rule(
        r"(?i)\brunner:? (?P<value>\S(?:[^\n.:'\"]{0,78}\S)?)(?= (?:did not respond|(?:has )?lost communication))",
        "<runner>",
    ),
    "downloader": Rule(r"(?<=\S) \(Downloader \d+\)(?!\S)", ""),
    # If the transport, the server or the credentials failed, the URL explains nothing; if something was not
    # found, the URL is the cause.
    "download": Rule(
        r"(?i)\bdownload (?:\w+ )?(?P<value>'[^'\n]{1,500}'|\"[^\"\n]{1,500}\"|https?://[^\s'\"]{1,500})"
        r"(?=[^\n]{0,120}?(?:\b(?:40[13]|429|5\d\d)\b|connection|time[d-]|timeout|transport|network))",
        "<download>",
    ),
    # Status, exit and signal codes are the meaning of a failure: they stay.
    "status-code": Rule(
        r"(?i)\b(?:https?(?:/\d(?:\.\d)?)?|status|response|responded with|returned error)"
        r"(?:[ _-]?(?:response|status|code|error|was|is|of|does not indicate success)){0,4}"
        rf"[ :=#('\"<\[]{{0,3}}[1-5]\d\d\b(?![.:]\d)(?:{_COMPARED}(?<![\w.-]){_HTTP}(?![\w]|\.\d))?"
        r"|\b(?:exit(?:ed)?|return(?:ed)?|error|err|signal|code|errno|winerror)"
        r"(?:[ _-]?(?:exit|status|code|with|of|is|was|non-zero)){0,4}"
        r"(?:(?<=code)|(?<=status)|(?<=signal)|(?<=exited with)|(?<=errno)|(?<=winerror))"
        r"[ :=#('\"\[]{1,3}(?:-?\d{1,5}|0x[0-9a-f]{1,8})\b(?![.:]\d)"
        r"|\bcurl: \(\d{1,3}\)|\bHTTP/\d(?:\.\d)?\b"
        rf"|(?<![\w.-]){_HTTP}(?![\w.]){_COMPARED}(?<![\w.-]){_HTTP}(?![\w]|\.\d)"
        r"|(?<![\w.])[1-5]\d\d (?=(?:Bad Request|Unauthorized|Forbidden|Not Found|Conflict|Gone|Too Many Requests"
        r"|Internal Server|Bad Gateway|Service Unavailable|Gateway Time|(?:Server|Client) Error)\b)",
        None,
    ),
    "iso-time": _measure(
        rf"(?<!\d)\d{{4}}[-/]\d\d[-/]\d\d(?:[T _]{_CLOCK})?{_ZONE}(?: m=[+-]\d+\.\d+)?(?!\d)"
        r"|(?<!\d)20\d{6}[T-]?\d{6}(?:\.\d+)?Z?(?!\w)",
        "<time>",
    ),
    "written-time": _measure(
        rf"\b{_WEEKDAY}(?:\d{{1,2}}[ /-]{_MONTH}[ /-]\d{{2,4}}|{_MONTH} {{1,2}}\d{{1,2}}(?:,? \d{{4}})?)"
        rf"[,:]? (?:at )?{_CLOCK}(?: [AP]M\b)?{_ZONE}(?: [A-Z]{{3,4}})?(?: \d{{4}}\b)?"
        rf"|\b\d{{1,2}}/{_MONTH}/\d{{4}}:{_CLOCK}{_ZONE}"
        rf"|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}},? {_CLOCK}(?: [AP]M\b)?",
        "<time>",
    ),
    # klog: severity, month and day, time, thread; Go's log has the date of the rule above.
    "klog-time": _measure(r"\b[IWEF](?P<value>\d{4} \d\d:\d\d:\d\d\.\d{1,9}(?: +\d+(?= ))?)", "<time>"),
    "uuid": Rule(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<uuid>"),
    "request-id": Rule(
        r"(?i)\b(?:request|trace|correlation|span|session|activity|operation|transaction)[ _-]?id\b"
        r"['\"]?(?: is)?[ :=]{1,3}['\"(]?(?P<value>(?=[a-z:.+/_=-]{0,64}\d)[\w:.+/=-]{6,})",
        "<request-id>",
    ),
    "temporary-path": Rule(
        rf"(?<![\w.~-])(?:/private)?/(?:tmp|var/tmp|var/folders|home/runner/work/_temp|__w/_temp)/{_PATH}+"
        rf"|(?i:\b[a-z]:[\\/](?:[^\s,;:()<>'\"\\/]+[\\/]){{1,8}}_?te?mp[\\/]){_PATH}+"
        rf"|\bpytest-of-{_PATH}+|\bgo-build\d+{_PATH}*"
        r"|\btmp(?=[a-z_]{0,8}\d)[a-z0-9_]{8}\b",
        "<temporary-path>",
    ),
    "clock-duration": _measure(r"(?<![\w:.])\d{1,3}:\d\d:\d\d(?:\.\d+)?(?![\w:])", "<duration>"),
    "mac": Rule(r"(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])", "<mac>"),
    "ipv6": Rule(
        rf"\[{_IPV6}\](?::\d{{1,5}}\b)?|(?<![\w:.]){_IPV6}(?:/\d{{1,3}})?(?![\w:])",
        "<ip>",
    ),
    "ip": Rule(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5}|/\d{1,2})?(?![\w])(?!\.\d)", "<ip>"),
    "port": Rule(r"(?i)(?:\blocalhost:|\bport(?: number)?[ :=]{1,2})(?P<value>\d{1,5})\b", "<port>"),
    "pod": Rule(
        rf"(?:(?i:\bpods?[ :/=]{{1,2}}['\"`]?)(?:[a-z0-9.]+-)+?(?={_OF_A_POD}(?![\w-]))"
        rf"|(?<=[a-z0-9]-)(?={_HASHED}(?![\w-])))(?P<value>(?:[a-z0-9]{{6,10}}-)?[a-z0-9]{{4,16}})(?![\w-])",
        "<pod>",
    ),
    "digest": Rule(r"(?<=\bsha(?:256|384|512)-)[\w+/]{40,}={0,2}", "<hash>"),
    # Before hashes: the same class has ids of five to eight digits.
    "object-id": Rule(r"(?<=\w@)(?=[a-f]*\d)[0-9a-f]{5,8}(?![\w.@/-])", "<address>"),
    "hash": Rule(
        r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|g?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,128}"
        r"|(?=[0-9A-F]*\d)(?=[0-9A-F]*[A-F])[0-9A-F]{16,128})(?![0-9A-Za-z])",
        "<hash>",
    ),
    "address": Rule(r"\b0x[0-9a-fA-F]+\b", "<address>"),
    "thread": Rule(
        r"(?i)(?:\b(?:goroutine|thread|tid|pid|process|worker)(?:[ -]?id)?(?: ?[=:#(] ?|[ -])"
        r"|\b(?:exec|pool|nio)-|\[gw)(?P<value>\d+)\b",
        "<thread>",
    ),
    "line": _measure(
        rf"(?i)(?:\.{_EXTENSION}[:(]|\b(?:lines?|columns?|col)[ :]{{1,2}})(?P<value>\d+(?:[:,] ?\d+)?)\b",
        "<line>",
    ),
    "duration": _measure(
        r"(?<![\w.])(?:\d+(?:\.\d+)?(?:ms|µs|μs|us|ns|h|m|s|d))+(?!\w)"
        r"|(?<![\w.])\d+(?:\.\d+)? ?(?:nanosecond|microsecond|millisecond|second|sec|minute|min|hour|hr|day)"
        r"(?:\(s\)|s\b|\b)"
        r"|(?<![\w.])\d+(?:\.\d+)? (?:ms|s)\b",
        "<duration>",
    ),
    "percentage": _measure(r"(?<![\w.])\d+(?:[.,]\d+)? ?%(?!\w)", "<percentage>"),
    "size": _measure(
        r"(?<![\w.])\d+(?:[.,]\d+)? ?(?:[kKMGTP]i?[bB]|[KMGTP]i|(?:[Kk]ilo|[Mm]ega|[Gg]iga)?[Bb]ytes?|B)\b",
        "<size>",
    ),
    # Classes that the JVM generates at run time, numbered in order.
    "generated-class": _measure(
        r"(?:\bGenerated(?:Method|Constructor)Accessor|\$Proxy|\$\$Lambda\$?|\$Lambda\$)(?P<value>\d+(?:/<?\w+>?)?)",
        "<n>",
    ),
    # ULIDs, AWS and GitHub ids (long, capitals and digits), and times in generated names of tests.
    "id": Rule(
        r"\b(?=[A-Z]*\d)(?=\d*[A-Z])[0-9A-Z]{16,}\b|(?<=[A-Za-z0-9][_-])(?P<value>\d{8,20})(?![A-Za-z0-9])",
        "<id>",
    ),
    "number": _measure(r"(?<!\w)(?<!\w\.)\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?(?!\w)", "<n>"),
}
