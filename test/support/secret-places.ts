import { stringify } from 'yaml';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const meta = (name: string, more: object = {}) => ({ name, namespace: 'default', ...more });
const secret = (name: string, more: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: meta(name), ...more });
const keyed = (values: readonly string[], of: (value: string) => string = (value) => value) =>
  Object.fromEntries(values.map((value, at) => [`k${at}`, of(value)]));

/** A Deployment with a password in its environment. */
export const pod = (value: string, others: readonly string[] = []): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta('web'),
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: {
      metadata: { labels: { a: 'b' } },
      spec: {
        containers: [
          { name: 'web', image: 'web:1', env: [{ name: 'PASSWORD', value }, ...others.map((one, at) => ({ name: `P${at}`, value: one }))] },
        ],
      },
    },
  },
});

/** An object that holds secret values and that a server takes. */
const valid: Readonly<Record<string, (values: readonly string[]) => object>> = {
  data: (values) => secret('data', { data: keyed(values, base64) }),
  'string-data': (values) => secret('string', { stringData: keyed(values) }),
  both: (values) => secret('both', { data: keyed(values, base64), stringData: keyed(values) }),
  annotated: (values) => ({
    ...secret('annotated', { stringData: keyed(values) }),
    metadata: meta('annotated', {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(secret('annotated', { stringData: keyed(values) })),
      },
    }),
  }),
  immutable: (values) => secret('immutable', { immutable: true, stringData: keyed(values) }),
  listed: (values) => ({ apiVersion: 'v1', kind: 'List', items: [secret('listed', { stringData: keyed(values) })] }),
  environment: ([value = '', ...more]) => pod(value, more),
  sealed: ([value = '', ...more]) => ({
    apiVersion: 'vault.example.com/v1',
    kind: 'VaultSecret',
    metadata: meta('vault'),
    spec: { data: { p: value, more } },
  }),
};

/** An object that is refused on its way, by whoever sees it first. */
const refused: Readonly<Record<string, (value: string, values: readonly string[]) => object>> = {
  'no-base64': (value) => secret('invalid', { data: { p: `${value} no base64!` } }),
  'a-list': (value) => secret('list', { data: [value] }),
  'a-text': (value) => secret('text', { stringData: value }),
  'no-string': (value) => secret('numbers', { data: { p: 12, q: value, r: null } }),
  deep: (value) => secret('deep', { stringData: { p: { deeper: value } } }),
  'unknown-field': (value, values) => secret('unknown', { stringdata: { p: value }, more: keyed(values) }),
  'wrong-type': (value) => secret('typed', { type: 'kubernetes.io/tls', stringData: { p: value } }),
  'docker-config': (value) =>
    secret('docker', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': `{${value}` } }),
  'bad-name': (value) => secret('Bad Name', { stringData: { p: value } }),
  'bad-key': (value) => secret('key', { stringData: { 'no key!': value } }),
  'no-version': (value) => ({ kind: 'Secret', metadata: meta('none'), stringData: { p: value } }),
  'other-version': (value) => ({ ...secret('other', { stringData: { p: value } }), apiVersion: 'v9' }),
  'no-name': (value) => ({ apiVersion: 'v1', kind: 'Secret', stringData: { p: value } }),
  'secret-list': (value) => ({ apiVersion: 'v1', kind: 'SecretList', items: [{ metadata: meta('inner'), stringData: { p: value } }] }),
};

/** A word of YAML as it stands, without quotes. */
const bare = (value: string) => value.replaceAll(/[^A-Za-z0-9]/g, '');
const head = 'apiVersion: v1\nkind: Secret\nmetadata: { name: broken }\nstringData:\n';
/** Files that no parser takes. */
const broken: Readonly<Record<string, (value: string) => string>> = {
  'open-quote': (value) => `${head}  p: "${bare(value)}\n  x: [`,
  'no-anchor': (value) => `${head}  p: *${bare(value)}\n`,
  'a-tag': (value) => `${head}  p: !${bare(value)} x\n`,
  'a-directive': (value) => `%${bare(value)} 1\n---\n${head}  p: x\n`,
  twice: (value) => `${head}  p: ${bare(value)}\n  p: ${bare(value)}\n`,
  'a-block': (value) => `${head}  p: |${bare(value)}\n    x\n`,
  'a-brace': (value) => `${head}  p: x\n}${bare(value)}\n`,
  'no-number': (value) => `${head}  p: 1234567890123456789\n  q: .inf # ${bare(value)}\n`,
  'bad-indent': (value) => `${head}  p:\n ${bare(value)}: x\n   y\n`,
  'no-space': (value) => `${head}  p:${bare(value)}\n  q\n`,
  'an-escape': (value) => `${head}  p: "\\q${bare(value)}"\n`,
  'a-template': (value) => `${head}  p: {{ ${bare(value)} }}\n`,
  'no-document': (value) => `${head}  p: x\n${bare(value)}\n`,
};

/** Each writes values where they may stand, into a folder of its own: what is refused takes its neighbours with it. Files by path. */
export function secretFiles(values: readonly string[]): Record<string, string> {
  const own = (at: number) => values[at % values.length] as string;
  const files = [
    ...Object.entries(valid).map(([name, make]) => [name, stringify(make(values))] as const),
    ...Object.entries(refused).map(([name, make], at) => [name, stringify(make(own(at), values))] as const),
    ...Object.entries(broken).map(([name, make], at) => [name, make(own(at))] as const),
  ];
  return Object.fromEntries(files.map(([name, text]) => [`${name}/a.yaml`, text]));
}
/** What a report hides of them on request. */
export const hideWords = ['env', 'VaultSecret:spec.data'];
