{{/* A worker of a pool. All take {root, name, pool}: `pool` is what `kiskadee.pool` makes of the values. */}}

{{/* {root, name}: the values of a pool with the defaults beneath, as JSON. */}}
{{- define "kiskadee.pool" -}}
{{- mergeOverwrite (deepCopy .root.Values.workerDefaults) (deepCopy (default dict (index .root.Values.workers .name))) | toJson -}}
{{- end -}}

{{- define "kiskadee.workerSelector" -}}
{{ include "kiskadee.selector" (dict "root" .root "component" "worker") }}
kiskadee/pool: {{ .name }}
{{- end -}}

{{- define "kiskadee.workerLabels" -}}
{{ include "kiskadee.labels" (dict "root" .root "component" "worker") }}
kiskadee/pool: {{ .name }}
{{- end -}}

{{- define "kiskadee.workerArgs" -}}
{{- $pool := .pool -}}
- worker
- --pool={{ .name }}
- --metrics-listen=0.0.0.0:9100
- --scratch=/scratch
- --drain-seconds={{ $pool.drainSeconds }}
- --lease-ttl={{ $pool.leaseSeconds }}
{{- with $pool.families }}
- --families={{ join "," . }}
{{- end }}
{{- with $pool.engines }}
- --engines={{ join "," . }}
{{- end }}
{{- with $pool.slots }}
- --slots={{ . }}
{{- end }}
{{- if $pool.modelsClaim }}
- --models-dir=/models
{{- end }}
{{- if .root.Values.database.pooled }}
- --behind-pooler
{{- end }}
{{- if ne $pool.notice "none" }}
- --notice={{ $pool.notice }}
{{- end }}
{{- if and (eq $pool.scale.by "keda") (eq $pool.scale.leave "itself") }}
- --idle-exit={{ $pool.scale.idleExitSeconds }}
{{- end }}
{{- if $pool.webhookAllowPrivate }}
- --webhook-allow-private=on
{{- else if not $pool.internet }}
- --webhooks=off
{{- end }}
{{- with $pool.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata and spec of the pod. */}}
{{- define "kiskadee.workerPod" -}}
{{- $pool := .pool -}}
metadata:
  labels:
    {{- include "kiskadee.workerSelector" . | nindent 4 }}
  {{- if or $pool.neverEvict $pool.podAnnotations }}
  annotations:
    {{- if $pool.neverEvict }}
    cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
    karpenter.sh/do-not-disrupt: "true"
    {{- end }}
    {{- with $pool.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  {{- include "kiskadee.pod" (dict "root" .root "part" "worker") | nindent 2 }}
  {{- include "kiskadee.priority" (dict "root" .root "own" $pool.priorityClassName "class" (ternary "training" "work" $pool.neverEvict)) | indent 2 }}
  terminationGracePeriodSeconds: {{ add $pool.drainSeconds 15 }}
  {{- with $pool.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "kiskadee.workerSelector" . | nindent 10 }}
  containers:
    - name: worker
      {{- include "kiskadee.imageOf" (dict "root" .root "image" $pool.image) | nindent 6 }}
      args:
        {{- include "kiskadee.workerArgs" . | nindent 8 }}
      env:
        {{- include "kiskadee.telemetry" .root | nindent 8 }}
        - name: KISKADEE_WORKER_NAME
          valueFrom:
            fieldRef: {fieldPath: metadata.name}
        {{- include "kiskadee.secretFile" "KISKADEE_DATABASE_URL" | nindent 8 }}
        {{- include "kiskadee.storageVariables" .root | nindent 8 }}
        - name: TMPDIR
          value: /scratch
        # Candle's further threads spin at the priority of speech while they wait.
        - name: CANDLE_NUM_THREADS
          value: "1"
        {{- with $pool.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "kiskadee.storageCredentials" .root | nindent 6 }}
      ports:
        - {name: metrics, containerPort: 9100}
      # The page answers when models are read and engines run, which may take minutes.
      startupProbe:
        httpGet: {path: /health, port: metrics}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 180
      readinessProbe:
        httpGet: {path: /ready, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      livenessProbe:
        httpGet: {path: /health, port: metrics}
        periodSeconds: 20
        timeoutSeconds: 10
        failureThreshold: 6
      resources:
        {{- $resources := deepCopy $pool.resources }}
        {{- if $pool.gpus }}
        {{- $_ := set $resources.limits $pool.gpuResource $pool.gpus }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      securityContext:
        {{- include "kiskadee.container" . | nindent 8 }}
      volumeMounts:
        - {name: scratch, mountPath: /scratch}
        - {name: tmp, mountPath: /tmp}
        - {name: secrets, mountPath: /secrets, readOnly: true}
        {{- if $pool.modelsClaim }}
        - {name: models, mountPath: /models, readOnly: true}
        {{- end }}
        {{- include "kiskadee.storageMount" .root | nindent 8 }}
  volumes:
    - name: scratch
      emptyDir: {sizeLimit: {{ $pool.scratchSize }}}
    - name: tmp
      emptyDir: {sizeLimit: 1Gi}
    {{- $database := .root.Values.secrets.database }}
    {{- $address := dict "name" "KISKADEE_DATABASE_URL" "secret" $database.name "key" $database.workerKey }}
    {{- include "kiskadee.secretFiles" (dict "name" "secrets" "files" (list $address)) | nindent 4 }}
    {{- with $pool.modelsClaim }}
    - name: models
      persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}
    {{- end }}
    {{- include "kiskadee.storageVolume" .root | nindent 4 }}
  {{- with $pool.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pool.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pool.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
