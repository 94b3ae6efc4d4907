{{/* Names, labels, images. Those that need to know more than the root take a dict with `root`. */}}

{{- define "kiskadee.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for `-NAME-OF-A-POOL` behind it within the 63 characters of a label. */}}
{{- define "kiskadee.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "kiskadee.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "kiskadee.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What every pod of the release bears and never changes. */}}
{{- define "kiskadee.instance" -}}
app.kubernetes.io/name: {{ include "kiskadee.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* {root, component}: what selects the pods of one part. */}}
{{- define "kiskadee.selector" -}}
{{ include "kiskadee.instance" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* {root, component}: labels of an object. */}}
{{- define "kiskadee.labels" -}}
{{ include "kiskadee.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* {root, image}: the reference of one of `images`. */}}
{{- define "kiskadee.image" -}}
{{- $image := index .root.Values.images .image -}}
{{- $repository := $image.repository -}}
{{- with .root.Values.images.registry }}{{ $repository = printf "%s/%s" . $repository }}{{ end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* {root, part}: the ServiceAccount of `edge`, `storageGateway` or `worker`. */}}
{{- define "kiskadee.serviceAccount" -}}
{{- $account := index .root.Values.serviceAccounts .part -}}
{{- if $account.name -}}
{{- $account.name -}}
{{- else if .root.Values.serviceAccounts.create -}}
{{- printf "%s-%s" (include "kiskadee.fullname" .root) (kebabcase .part) -}}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{/* {root, own, class}: the priority class of a part: its own, or the chart's where it makes them. */}}
{{- define "kiskadee.priority" -}}
{{- if .own }}
priorityClassName: {{ .own }}
{{- else if .root.Values.priorityClasses.create }}
priorityClassName: {{ include "kiskadee.fullname" .root }}-{{ .class }}
{{- end }}
{{- end -}}
