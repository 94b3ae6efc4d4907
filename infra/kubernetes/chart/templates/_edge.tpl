{{/* What the edge is told, from spin.toml: files/spin.toml is the file of the product itself. */}}

{{/* Stops where values name what spin.toml does not know. */}}
{{- define "kiskadee.checkVariables" -}}
{{- $declared := (.Files.Get "files/spin.toml" | fromToml).variables -}}
{{- range $name, $_ := .Values.edge.variables -}}
{{- $variable := index $declared $name -}}
{{- if not $variable -}}
{{- fail (printf "edge.variables.%s: spin.toml has no such variable" $name) -}}
{{- end -}}
{{- if or $variable.required $variable.secret -}}
{{- fail (printf "edge.variables.%s: it is set by the chart, or from a Secret" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where edges find the gateway. */}}
{{- define "kiskadee.storageUrl" -}}
{{- if eq .Values.storageGateway.placement "sidecar" -}}
http://127.0.0.1:8006
{{- else -}}
http://{{ include "kiskadee.fullname" . }}-storage-gateway.{{ .Release.Namespace }}.svc:8006
{{- end -}}
{{- end -}}

{{/* {root, name}: the Secret that a variable of spin.toml comes from, and its key, as JSON; empty where it comes from none. */}}
{{- define "kiskadee.secretOf" -}}
{{- $secrets := .root.Values.secrets -}}
{{- $from := list -}}
{{- if hasSuffix "_database_url" .name -}}
{{- $from = list $secrets.database.name (trimSuffix "_database_url" .name) -}}
{{- else if eq .name "jwt_signing_key" -}}
{{- $from = list $secrets.signing.name $secrets.signing.seedKey -}}
{{- else if eq .name "jwt_public_keys" -}}
{{- $from = list $secrets.signing.name $secrets.signing.publicKeysKey -}}
{{- else if eq .name "storage_token" -}}
{{- $from = list $secrets.storage.name $secrets.storage.tokenKey -}}
{{- else if and (eq .name "metrics_token") $secrets.metrics.name -}}
{{- $from = list $secrets.metrics.name $secrets.metrics.tokenKey -}}
{{- end -}}
{{- if $from -}}
{{- dict "secret" (first $from) "key" (last $from) | toJson -}}
{{- end -}}
{{- end -}}

{{/* {root, name}: what another variable of spin.toml is given, as the rest of an item of env; empty for its default. */}}
{{- define "kiskadee.variable" -}}
{{- if eq .name "database_host" -}}
value: "postgres://{{ .root.Values.database.host }}:{{ .root.Values.database.port }}"
{{- else if eq .name "storage_url" -}}
value: {{ include "kiskadee.storageUrl" .root | quote }}
{{- else if and (eq .name "relay_url") (eq .root.Values.storageGateway.placement "sidecar") -}}
# The gateway beside this very edge, as workers reach it.
value: "http://$(POD_IP):8006"
{{- else if eq .name "service_version" -}}
value: {{ .root.Chart.AppVersion | quote }}
{{- else if hasKey .root.Values.edge.variables .name -}}
value: {{ index .root.Values.edge.variables .name | toString | quote }}
{{- end -}}
{{- end -}}

{{/* {root, components}: the names of the variables of spin.toml that these components read, as JSON. */}}
{{- define "kiskadee.variablesOf" -}}
{{- $manifest := .root.Files.Get "files/spin.toml" | fromToml -}}
{{- $names := dict -}}
{{- range .components -}}
{{- $component := index $manifest.component . -}}
{{- range $template := concat (values $component.variables) (default list $component.allowed_outbound_hosts) -}}
{{- range regexFindAll "\\{\\{ *[a-z][a-z0-9_]* *\\}\\}" $template -1 -}}
{{- $_ := set $names (regexFind "[a-z][a-z0-9_]*" .) true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- keys $names | sortAlpha | toJson -}}
{{- end -}}

{{/* Seconds from SIGTERM until the edge has ended: its delay, 20 for requests that run, and the gateway beside it, which ends after it. */}}
{{- define "kiskadee.edgeDrain" -}}
{{- $drain := add .Values.edge.drainDelaySeconds 20 -}}
{{- if eq .Values.storageGateway.placement "sidecar" -}}
{{- $drain = add $drain (include "kiskadee.gatewayDrain" . | int) -}}
{{- end -}}
{{- $drain -}}
{{- end -}}

{{/* The arguments of `kiskadee edge`, a line each. */}}
{{- define "kiskadee.edgeArgs" -}}
- edge
- --listen=0.0.0.0:8005
- --metrics-listen=0.0.0.0:9100
{{- if eq .Values.edge.compiled "image" }}
- --cache-dir=/var/cache/kiskadee
{{- else }}
# A folder of its own in the volume, for it must be nobody else's.
- --cache-dir=/compiled/own
{{- end }}
- --drain-delay={{ .Values.edge.drainDelaySeconds }}
{{- if .Values.database.pooled }}
- --behind-pooler
{{- end }}
{{- with .Values.edge.trustedProxies }}
- --trusted-proxies={{ join "," . }}
- --forwarded-header={{ $.Values.edge.forwardedHeader }}
{{- end }}
{{- if .Values.edge.proxyProtocol }}
- --proxy-protocol
{{- end }}
{{- with .Values.edge.maxRequests }}
- --max-requests={{ . }}
{{- end }}
{{- with .Values.edge.maxStreams }}
- --max-streams={{ . }}
{{- end }}
{{- with .Values.edge.maxConnections }}
- --max-connections={{ . }}
{{- end }}
{{- if .Values.edge.tlsSecret }}
- --tls-cert=/tls/tls.crt
- --tls-key=/tls/tls.key
{{- end }}
{{- with .Values.edge.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}
