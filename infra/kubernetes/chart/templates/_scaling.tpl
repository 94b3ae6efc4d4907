{{/* {root, name, selector, bound}: how many pods of a part may be taken away at once. */}}
{{- define "kiskadee.pdb" }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "kiskadee.fullname" .root }}-{{ .name }}
  labels:
    {{- include "kiskadee.instance" .root | nindent 4 }}
spec:
  {{- toYaml .bound | nindent 2 }}
  # A pod that is not ready serves nobody, and may always go.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- .selector | nindent 6 }}
{{- end -}}

{{/* {root, name, labels, min}: edges by the processor, and by the requests that run where a metrics adapter tells them. */}}
{{- define "kiskadee.hpa" }}
{{- $scaling := .root.Values.edge.autoscaling }}
{{- if gt (int .min) (int $scaling.max) }}
{{- fail "edge.autoscaling: min is above max" }}
{{- end }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "kiskadee.fullname" .root }}-{{ .name }}
  labels:
    {{- .labels | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "kiskadee.fullname" .root }}-{{ .name }}
  minReplicas: {{ .min }}
  maxReplicas: {{ $scaling.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $scaling.cpuPercent }}}
    {{- if and $scaling.inFlight (eq .root.Values.edge.runtime "host") }}
    - type: Pods
      pods:
        metric: {name: {{ $scaling.inFlightMetric }}}
        target: {type: AverageValue, averageValue: {{ $scaling.inFlight | toString | quote }}}
    {{- end }}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 0}
    # Streams of those who go are broken off; so they go slowly.
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
        - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}
