{{/* What pods have in common. */}}

{{/* {root, part}: the head of a pod's spec. `part` names the ServiceAccount; empty for the namespace's default. */}}
{{- define "kiskadee.pod" -}}
{{- with .part }}
serviceAccountName: {{ include "kiskadee.serviceAccount" (dict "root" $.root "part" .) }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* The securityContext of every container: Pod Security's profile "restricted", and a root that cannot be written to. */}}
{{- define "kiskadee.container" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* {root, image}: image and pull policy of a container. */}}
{{- define "kiskadee.imageOf" -}}
image: {{ include "kiskadee.image" . }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
{{- end -}}

{{/* Variables of every process: logs and traces. */}}
{{- define "kiskadee.telemetry" -}}
- name: RUST_LOG
  value: {{ .Values.log | quote }}
{{- with .Values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Secrets are files, called as their variables are: a changed one is in use a moment after Kubernetes has brought it, without a restart. */}}

{{/* The name of a variable: from which file it comes. */}}
{{- define "kiskadee.secretFile" -}}
- name: {{ . }}_FILE
  value: /secrets/{{ . }}
{{- end -}}

{{/* {name, files}: the volume of such files, each {name, secret, key}. */}}
{{- define "kiskadee.secretFiles" -}}
- name: {{ .name }}
  projected:
    defaultMode: 0440
    sources:
      {{- range .files }}
      - secret: {name: {{ .secret }}, items: [{key: {{ .key }}, path: {{ .name }}}]}
      {{- end }}
{{- end -}}

{{/* Variables of those who touch the storage. */}}
{{- define "kiskadee.storageVariables" -}}
- name: KISKADEE_STORAGE
  value: {{ .Values.storage.address | quote }}
{{- with .Values.storage.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "kiskadee.storageCredentials" -}}
{{- with .Values.storage.credentialsSecret }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end -}}

{{- define "kiskadee.storageMount" -}}
{{- if .Values.storage.existingClaim }}
- {name: storage, mountPath: {{ .Values.storage.address | quote }}}
{{- end }}
{{- end -}}

{{- define "kiskadee.storageVolume" -}}
{{- with .Values.storage.existingClaim }}
- name: storage
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- end -}}

{{/* {root, component}: pods of a part on several zones and nodes, as far as there are any. */}}
{{- define "kiskadee.spread" -}}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "kiskadee.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}
