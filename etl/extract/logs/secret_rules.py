r"""What secrets look like, as data: the formats that their issuers publish, and what stands behind telling names.

A match, or its group `secret` where a pattern has one, is masked. GitHub masks the secrets that it knows
before a log is stored; this is the second net, for what was never declared as a secret.
"""

from collections.abc import Mapping

_NAME = r"(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials?|auth)"

SECRETS: Mapping[str, str] = {
    "github": r"\b(?:gh[pousr]_\w{36,255}|github_pat_\w{22,255})",
    "gitlab": r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-[\w-]{20,}",
    "aws-key-id": r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b",
    "aws-secret": r"(?i)\baws.{0,20}?(?:secret|key).{0,20}?[=:]\s*['\"]?(?P<secret>[\w/+=]{40})\b",
    "azure": r"(?i)\b(?:AccountKey|SharedAccessKey|sig)=(?P<secret>[\w%/+=-]{32,})",
    "google": r"\bAIza[\w-]{35}\b|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}",
    "slack": r"\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/(?P<secret>[\w/]{20,})",
    "discord": r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d+/[\w-]{20,})",
    "telegram": r"\b\d{8,10}:AA[\w-]{33}\b",
    "npm": r"\bnpm_\w{36}\b",
    "pypi": r"\bpypi-AgEI[\w-]{50,}",
    "docker": r"\bdckr_(?:pat|oat)_[\w-]{20,}",
    "stripe": r"\b[rs]k_(?:live|test)_\w{16,}",
    "sendgrid": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "twilio": r"\bSK[0-9a-f]{32}\b",
    "vault": r"\bhv[sbr]\.[\w-]{20,}",
    "openai": r"\bsk-(?:proj-|ant-|svcacct-)?[\w-]{20,}",
    "hugging-face": r"\bhf_[A-Za-z]{30,}\b",
    "digitalocean": r"\bdo[opr]_v1_[0-9a-f]{64}\b",
    "mailchimp": r"\b[0-9a-f]{32}-us\d{1,2}\b",
    "square": r"\bsq0[a-z]{3}-[\w-]{22,43}",
    "shopify": r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    "atlassian": r"\bATATT3[\w=-]{60,}",
    "artifactory": r"\bAKC[A-Za-z0-9]{60,}\b",
    "grafana": r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b",
    "sentry": r"\bsntry[su]_[\w+/=-]{30,}",
    "new-relic": r"\bNRAK-[A-Z0-9]{27}\b",
    "databricks": r"\bdapi[0-9a-f]{32}\b",
    "age": r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
    "json-web-token": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
    "private-key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<secret>[^-]+)",
    # Of a key that is printed, each line that is told stands alone.
    "key-line": r"(?m)^(?=[0-9a-fA-F]*[G-Zg-z+/])[A-Za-z0-9+/]{60,76}={0,2}$",
    "url-password": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"]{0,100}:(?P<secret>[^\s/@'\"]{3,200})@",
    "authorization": r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic|token)\s+(?P<secret>[\w.~+/=-]{8,})",
    "bearer": r"(?i)\bbearer\s+(?P<secret>[\w.~+/=-]{20,})",
    # What a name gives away; words, paths and variables are no values.
    "named": (
        rf"(?i)(?<![\w$])(?:\w{{1,40}}[_-])?{_NAME}['\"]?\s?(?:=|:=|:)\s?['\"]?"
        r"(?P<secret>(?=[^\s'\"]{0,200}\d)(?![\d.]+\b(?![\w-]))[^\s'\"$<>(){}\[\],;]{8,200})"
    ),
    "option": rf"(?i)--(?:\w{{1,40}}-)?{_NAME}[ =]['\"]?(?P<secret>(?=\S{{0,200}}\d)[^\s'\"$<>(){{}}]{{8,200}})",
}
