/** The manifest of a namespaced custom kind with one version, v1; `schema` in YAML's flow style. */
export function customDefinition({ group, kind, plural, schema }: Record<'group' | 'kind' | 'plural' | 'schema', string>): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: ${kind}, plural: ${plural} }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: ${schema} } }]
`;
}
