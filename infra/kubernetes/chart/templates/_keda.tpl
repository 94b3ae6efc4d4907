{{/* {root, name, pool}: workers by the work that waits and runs. */}}
{{- define "kiskadee.scaled" }}
{{- $scale := .pool.scale }}
{{- if gt (int $scale.min) (int $scale.max) }}
{{- fail (printf "workers.%s.scale: min is above max" .name) }}
{{- end }}
{{- $full := printf "%s-worker-%s" (include "kiskadee.fullname" .root) .name }}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ $full }}
  labels:
    {{- include "kiskadee.workerLabels" . | nindent 4 }}
spec:
  secretTargetRef:
    # The whole address. KEDA prepares statements: it goes to Postgres itself, or to a pooler that keeps them (PgBouncer 1.21).
    {{- with .root.Values.secrets.database }}
    - {parameter: connection, name: {{ .name }}, key: {{ .scalerKey }}}
    {{- end }}
---
{{- if eq $scale.leave "itself" }}
# KEDA starts workers, as many as are wanted beyond those that run. Each ends itself when it has been idle: none is killed at work.
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata:
  name: {{ $full }}
  labels:
    {{- include "kiskadee.workerLabels" . | nindent 4 }}
spec:
  pollingInterval: {{ $scale.pollingSeconds }}
  minReplicaCount: {{ $scale.min }}
  maxReplicaCount: {{ $scale.max }}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  # What runs goes on when the version changes.
  rollout: {strategy: gradual}
  scalingStrategy: {strategy: default}
  jobTargetRef:
    backoffLimit: 4
    # A drain of the node is no failure of the worker: it has given back what it ran.
    podFailurePolicy:
      rules:
        - action: Ignore
          onPodConditions: [{type: DisruptionTarget, status: "True"}]
    template:
      {{- $pod := include "kiskadee.workerPod" . | fromYaml }}
      {{- $_ := set $pod.spec "restartPolicy" "Never" }}
      {{- toYaml $pod | nindent 6 }}
{{- else }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ $full }}
  labels:
    {{- include "kiskadee.workerLabels" . | nindent 4 }}
spec:
  scaleTargetRef: {name: {{ $full }}}
  pollingInterval: {{ $scale.pollingSeconds }}
  cooldownPeriod: {{ $scale.cooldownSeconds }}
  minReplicaCount: {{ $scale.min }}
  maxReplicaCount: {{ $scale.max }}
  # Where the database cannot be asked, what runs goes on.
  fallback:
    failureThreshold: 4
    replicas: {{ max 1 $scale.min }}
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp: {stabilizationWindowSeconds: 0}
        scaleDown:
          stabilizationWindowSeconds: {{ $scale.cooldownSeconds }}
          policies:
            - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}
  triggers:
    - type: postgresql
      {{- if ne $scale.leave "itself" }}
      # As many replicas as the query says.
      metricType: AverageValue
      {{- end }}
      metadata:
        query: "select queue.wanted_workers('{{ .name }}', {{ $scale.targetSeconds }})"
        targetQueryValue: "1"
        activationTargetQueryValue: "0"
      authenticationRef: {name: {{ $full }}}
{{- end -}}
