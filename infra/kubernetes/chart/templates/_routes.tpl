{{/*
Where requests go, as JSON: [{path, exact, service}], the same for Ingress and HTTPRoute. With our host it is one Service; under Spin each
route of spin.toml leads to the app of its component. Both kinds of object prefer exact paths and then the longest prefix, as Spin does.
*/}}
{{- define "kiskadee.routes" -}}
{{- $routes := list -}}
{{- $full := include "kiskadee.fullname" . -}}
{{- if eq .Values.edge.runtime "host" -}}
{{- $routes = append $routes (dict "path" "/" "exact" false "service" (printf "%s-edge" $full)) -}}
{{- else -}}
{{- $home := dict -}}
{{- range $app, $settings := .Values.edge.spin.apps -}}
{{- range $settings.components -}}
{{- $_ := set $home . (printf "%s-%s" $full $app) -}}
{{- end -}}
{{- end -}}
{{- range (.Files.Get "files/spin.toml" | fromToml).trigger.http -}}
{{- $exact := not (hasSuffix "/..." .route) -}}
{{- $path := default "/" (trimSuffix "/..." .route) -}}
{{- $routes = append $routes (dict "path" $path "exact" $exact "service" (index $home .component)) -}}
{{- end -}}
{{- end -}}
{{- $routes | toJson -}}
{{- end -}}
