{{/* The storage gateway as a container: a sidecar of each edge, or alone. Its root as argument. */}}
{{- define "kiskadee.gatewayContainer" -}}
name: storage-gateway
{{ include "kiskadee.imageOf" (dict "root" . "image" "edge") }}
args: [storage, "--listen=0.0.0.0:8006"]
env:
  {{- include "kiskadee.telemetry" . | nindent 2 }}
  {{- include "kiskadee.storageVariables" . | nindent 2 }}
  {{- include "kiskadee.secretFile" "KISKADEE_STORAGE_TOKEN" | nindent 2 }}
  # Where the relay keeps what slow listeners have not taken.
  - name: TMPDIR
    value: /spool
{{- include "kiskadee.storageCredentials" . }}
ports:
  - {name: gateway, containerPort: 8006}
# Whether the process lives; of the storage behind it nothing is said.
startupProbe:
  httpGet: {path: /health, port: gateway}
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /health, port: gateway}
  periodSeconds: 5
livenessProbe:
  httpGet: {path: /health, port: gateway}
  periodSeconds: 10
  failureThreshold: 6
resources:
  {{- toYaml .Values.storageGateway.resources | nindent 2 }}
securityContext:
  {{- include "kiskadee.container" . | nindent 2 }}
volumeMounts:
  - {name: spool, mountPath: /spool}
  - {name: gateway-secrets, mountPath: /secrets, readOnly: true}
  {{- include "kiskadee.storageMount" . | nindent 2 }}
{{- end -}}

{{- define "kiskadee.gatewayVolumes" -}}
- name: spool
  emptyDir: {sizeLimit: {{ .Values.storageGateway.spoolSize }}}
{{- $storage := .Values.secrets.storage }}
{{- $token := dict "name" "KISKADEE_STORAGE_TOKEN" "secret" $storage.name "key" $storage.tokenKey }}
{{ include "kiskadee.secretFiles" (dict "name" "gateway-secrets" "files" (list $token)) }}
{{- include "kiskadee.storageVolume" . | nindent 0 }}
{{- end -}}

{{/* Seconds that it may take to end: 10 for answers under way. */}}
{{- define "kiskadee.gatewayDrain" -}}10{{- end -}}
