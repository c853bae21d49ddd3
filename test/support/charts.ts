/** A chart that uses what charts use, the library that it depends on beside it, and files of values. */
export const charts: Readonly<Record<string, string>> = {
  'chart/Chart.yaml': `apiVersion: v2
name: shop
version: 1.2.3
appVersion: "4.5"
kubeVersion: ">=1.20.0-0"
dependencies:
  - name: sub
    version: 0.1.0
    alias: sub
    condition: sub.enabled
    import-values:
      - child: exported
        parent: imported
  - name: lib
    version: 0.1.0
    repository: file://../lib
`,
  'chart/.helmignore': '*.md\n',
  'chart/README.md': 'not rendered\n',
  'chart/values.yaml': `replicas: 2
tag: "1.25"
hosts: []
global:
  team: blue
sub:
  enabled: true
  colour: green
`,
  'chart/values.schema.json': '{"type":"object","properties":{"replicas":{"type":"integer","minimum":0},"tag":{"type":"string"}}}',
  'chart/files/settings.ini': '[web]\nmode = {{ not a template here }}\n',
  'chart/crds/lamps.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: lamps.example.org
spec:
  group: example.org
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`,
  'chart/templates/_names.tpl': '{{- define "shop.labels" -}}\napp: {{ .Chart.Name }}\nrelease: {{ .Release.Name }}\n{{- end }}\n',
  'chart/templates/NOTES.txt': 'Thank you for installing {{ .Chart.Name }}.\n',
  'chart/templates/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  namespace: {{ .Release.Namespace }}
  labels: {{- include "shop.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Chart.Name }}}}
  template:
    metadata: {labels: {app: {{ .Chart.Name }}}, annotations: {sum: {{ include (print $.Template.BasePath "/settings.yaml") . | sha256sum }}}}
    spec: {containers: [{name: web, image: "nginx:{{ .Values.tag }}", env: [{name: TEAM, value: {{ .Values.global.team }}}]}]}
---
kind: Service
apiVersion: v1
metadata:
  name: {{ .Release.Name }}-web
spec:
  {{- with .Values.hosts }}
  externalName: {{ first . }}
  {{- end }}
  ports: [{port: 80}]
`,
  'chart/templates/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  settings.ini: {{ .Files.Get "files/settings.ini" | quote }}
  all: {{ (.Files.Glob "files/*").AsConfig | quote }}
  hosts: {{ .Values.hosts | toJson | quote }}
  imported: {{ .Values.imported | default dict | toJson | quote }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  monitored: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}
  existing: {{ (lookup "v1" "Secret" .Release.Namespace "existing") | toJson | quote }}
  install: {{ .Release.IsInstall | quote }}
  rendered: {{ tpl "{{ .Release.Name }}" . | quote }}
{{- if semverCompare ">=1.25-0" .Capabilities.KubeVersion.Version }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .Release.Name }}-budget
spec: {minAvailable: 1, selector: {matchLabels: {app: {{ .Chart.Name }}}}}
{{- end }}
`,
  'chart/templates/library.yaml': '{{ include "lib.account" . }}\n',
  'chart/templates/hooks.yaml': ['migrate pre-install,pre-upgrade -5', 'announce post-install,post-upgrade 3', 'farewell pre-delete 0']
    .map((line) => {
      const [name, hook, weight] = line.split(' ');
      return `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-${name}
  annotations:
    helm.sh/hook: ${hook}
    helm.sh/hook-weight: "${weight}"
    helm.sh/hook-delete-policy: before-hook-creation
spec: {template: {spec: {restartPolicy: Never, containers: [{name: it, image: busybox}]}}}
`;
    })
    .join('---\n'),
  'chart/templates/tests/ping.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-ping
  annotations: {helm.sh/hook: test}
spec: {restartPolicy: Never, containers: [{name: ping, image: busybox}]}
`,
  'chart/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'chart/charts/sub/values.yaml': 'colour: red\nexports: {}\nexported:\n  from: sub\n',
  'chart/charts/sub/templates/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-sub
data: {colour: {{ .Values.colour }}, team: {{ .Values.global.team }}}
`,
  'lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n',
  'lib/templates/_account.tpl': `{{- define "lib.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}-account
{{- end }}
`,
  'values/prod.yaml': 'replicas: 5\nglobal:\n  team: red\nsub:\n  colour: blue\n',
  'values/eu.yaml': 'hosts: [eu.example.org]\nsub:\n  enabled: false\n',
};
