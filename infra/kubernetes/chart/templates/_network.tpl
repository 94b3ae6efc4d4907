{{/* {root, name, selector}: the head of a NetworkPolicy. */}}
{{- define "kiskadee.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "kiskadee.fullname" .root }}-{{ .name }}
  labels:
    {{- include "kiskadee.instance" .root | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- .selector | nindent 6 }}
{{- end -}}

{{/* {peers, ports, key}: a rule to (`key` is `to`) or from (`from`) these peers; without peers, to or from anybody on these ports. */}}
{{- define "kiskadee.rule" -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .peers }}
  {{ $.key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* {root, ports}: to the public internet. */}}
{{- define "kiskadee.world" -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .root.Values.networkPolicy.privateRanges | nindent 10 }}
    - ipBlock:
        cidr: "::/0"
        except:
          {{- toYaml .root.Values.networkPolicy.privateRanges6 | nindent 10 }}
{{- end -}}

{{/* To the bucket. */}}
{{- define "kiskadee.toStorage" -}}
{{- $storage := .Values.networkPolicy.storage -}}
{{- if $storage.peers -}}
{{- include "kiskadee.rule" (dict "peers" $storage.peers "ports" $storage.ports "key" "to") -}}
{{- else -}}
{{- include "kiskadee.world" (dict "root" . "ports" $storage.ports) -}}
{{- end -}}
{{- end -}}

{{- define "kiskadee.toDatabase" -}}
{{- include "kiskadee.rule" (dict "peers" .Values.networkPolicy.database.peers "ports" (list .Values.database.port .Values.database.directPort | uniq) "key" "to") -}}
{{- end -}}

{{- define "kiskadee.fromMonitoring" -}}
{{- include "kiskadee.rule" (dict "peers" .Values.networkPolicy.monitoring.peers "ports" (list 9100) "key" "from") -}}
{{- end -}}

{{/* The pods that hold a storage gateway. */}}
{{- define "kiskadee.gatewayHome" -}}
{{- include "kiskadee.selector" (dict "root" . "component" (ternary "edge" "storage-gateway" (eq .Values.storageGateway.placement "sidecar"))) -}}
{{- end -}}
