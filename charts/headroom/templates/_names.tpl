{{/* Name of every object of this release. */}}
{{- define "headroom.name" -}}
{{- if contains "headroom" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-headroom{{ end }}
{{- end }}

{{/* Labels that find the operator's pods; they never change. */}}
{{- define "headroom.selector" -}}
app.kubernetes.io/name: headroom
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "headroom.labels" -}}
{{ include "headroom.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* API group of an apiVersion; empty for the core group. */}}
{{- define "headroom.group" -}}
{{- if contains "/" . }}{{ splitList "/" . | first }}{{ end }}
{{- end }}

{{/* CEL map from "apiVersion/Kind" to [group, resource], made from scaleTargets. */}}
{{- define "headroom.resourcesByKind" -}}
{
{{- range $i, $target := .Values.scaleTargets -}}
{{- if $i }}, {{ end -}}
'{{ $target.apiVersion }}/{{ $target.kind }}': ['{{ include "headroom.group" $target.apiVersion }}', '{{ $target.resource }}']
{{- end -}}
}
{{- end }}

{{/* CEL: whether a ScalingPolicy, named as CEL knows it, acts through the floor of an HPA. */}}
{{- define "headroom.raisesFloor" -}}
has({{ . }}.spec.actuator) && {{ . }}.spec.actuator == 'HPAMinReplicas'
{{- end }}

{{/* CEL: whether the writer may himself patch the HPAs of the namespace. */}}
{{- define "headroom.mayPatchHpas" -}}
authorizer.group('autoscaling').resource('horizontalpodautoscalers').namespace(request.namespace).check('patch').allowed()
{{- end }}
