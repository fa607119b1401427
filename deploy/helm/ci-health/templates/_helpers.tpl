{{- define "ci-health.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "ci-health.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ci-health.labels" -}}
{{ include "ci-health.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "ci-health.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* The settings file: the user's settings, and what other values say. */ -}}
{{- define "ci-health.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- if .Values.influxdb.url -}}
{{- $influxdb := dict "url" .Values.influxdb.url "org" .Values.influxdb.org "bucket" .Values.influxdb.bucket -}}
{{- $settings = mergeOverwrite $settings (dict "influxdb" $influxdb) -}}
{{- end -}}
{{- $http := ternary (dict "host" "0.0.0.0" "port" .Values.http.port) (dict "enabled" false) .Values.http.enabled -}}
{{- $settings = mergeOverwrite $settings (dict "http" $http) -}}
{{- if .Values.github.appSecret.name -}}
{{- $app := dict "private_key_file" "/run/secrets/ci-health/github-app.pem" -}}
{{- $settings = mergeOverwrite $settings (dict "github" (dict "app" $app)) -}}
{{- end -}}
{{ toYaml $settings }}
{{- end }}

{{- /* Secrets as a list: name and key of each, its file, and the variable that names the file. */ -}}
{{- define "ci-health.secrets" -}}
{{- with .Values.github.tokenSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: github-token, variable: CI_HEALTH_GITHUB__TOKEN_FILE}
{{- end }}{{ end }}
{{- with .Values.github.appSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: github-app.pem, variable: ""}
{{- end }}{{ end }}
{{- with .Values.influxdb.tokenSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: influxdb-token, variable: CI_HEALTH_INFLUXDB__TOKEN_FILE}
{{- end }}{{ end }}
{{- with .Values.http.tokenSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: http-token, variable: CI_HEALTH_HTTP__TOKEN_FILE}
{{- end }}{{ end }}
{{- with .Values.http.webhooksSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: webhooks-secret, variable: CI_HEALTH_HTTP__WEBHOOKS__SECRET_FILE}
{{- end }}{{ end }}
{{- with .Values.state.urlSecret }}{{ if .name }}
- {name: {{ .name | quote }}, key: {{ .key | quote }}, file: state-url, variable: CI_HEALTH_STATE__URL_FILE}
{{- end }}{{ end }}
{{- end }}

{{- /* What the schema cannot say: values that need each other. */ -}}
{{- define "ci-health.check" -}}
{{- if eq (not .Values.github.tokenSecret.name) (not .Values.github.appSecret.name) -}}
{{- fail "name either github.tokenSecret.name or github.appSecret.name" -}}
{{- end -}}
{{- if and .Values.influxdb.url (not .Values.influxdb.tokenSecret.name) -}}
{{- fail "influxdb.url needs influxdb.tokenSecret.name" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.http.enabled) -}}
{{- fail "serviceMonitor.enabled needs http.enabled: metrics come from the HTTP server" -}}
{{- end -}}
{{- if and .Values.monitoring.prometheusRule.enabled (not .Values.http.enabled) -}}
{{- fail "monitoring.prometheusRule.enabled needs http.enabled: the rules are about metrics from the HTTP server" -}}
{{- end -}}
{{- if and .Values.alerts.enabled (not .Values.influxdb.url) -}}
{{- fail "alerts.enabled needs influxdb.url: Grafana's rules ask InfluxDB" -}}
{{- end -}}
{{- if and .Values.http.webhooksSecret.name (not .Values.http.enabled) -}}
{{- fail "http.webhooksSecret needs http.enabled: webhooks come in by the HTTP server" -}}
{{- end -}}
{{- if and (gt (int .Values.workers) 1) (not .Values.state.urlSecret.name) -}}
{{- fail "workers needs state.urlSecret: several work on a PostgreSQL, one on a volume" -}}
{{- end -}}
{{- if and .Values.state.urlSecret.name (not .Values.influxdb.url) -}}
{{- fail "state.urlSecret needs influxdb.url: the embedded store is on the volume, which is not kept then" -}}
{{- end -}}
{{- end }}
