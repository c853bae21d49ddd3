/** Who may import whom: the rooms of src/, floor by floor. Imports go down only; between floors 2 and 4 only within a side. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  schema: ['base', 'api'],
  // Of the first floor too, but it reads schemas.
  cel: ['base', 'api', 'schema'],
  store: ['base', 'api'],
  client: ['base', 'api'],
  kinds: ['base', 'api', 'schema', 'cel'],
  reconcile: ['base', 'api', 'client'],
  apiserver: ['base', 'api', 'schema', 'cel', 'store', 'kinds'],
  controllers: ['base', 'api', 'client', 'reconcile'],
  scheduler: ['base', 'api', 'client', 'reconcile'],
  agent: ['base', 'api', 'client', 'reconcile'],
  proxy: ['base', 'api', 'client', 'reconcile'],
  gitops: ['base', 'api', 'schema', 'client', 'reconcile'],
  controlplane: [
    'base',
    'api',
    'schema',
    'cel',
    'store',
    'client',
    'kinds',
    'reconcile',
    'apiserver',
    'controllers',
    'scheduler',
    'agent',
    'proxy',
  ],
  report: ['base', 'api', 'gitops'],
  cli: [
    'base',
    'api',
    'schema',
    'cel',
    'store',
    'client',
    'kinds',
    'reconcile',
    'apiserver',
    'controllers',
    'scheduler',
    'agent',
    'proxy',
    'gitops',
    'controlplane',
    'report',
  ],
};

/** Rooms that may do I/O, and by which of Node's modules. What is not listed touches nothing outside the process. */
export const inputOutput: Readonly<Record<string, readonly string[]>> = {
  schema: ['net'], // isIP, which is pure
  cel: ['net'], // isIP, which is pure
  store: ['fs', 'fs/promises', 'child_process'],
  client: ['net', 'tls', 'fs', 'fs/promises', 'child_process'],
  kinds: ['fs', 'fs/promises'],
  apiserver: ['net', 'tls', 'http', 'http2'],
  controllers: ['net'], // isIP, which is pure
  agent: ['fs', 'fs/promises', 'net', 'dgram', 'tls', 'http', 'https', 'http2', 'child_process'],
  proxy: ['net', 'dgram'],
  gitops: ['fs', 'fs/promises', 'net', 'child_process'],
  controlplane: ['fs', 'fs/promises', 'net'],
  cli: ['fs', 'fs/promises', 'net', 'child_process', 'readline', 'readline/promises', 'http', 'https'],
};
/** Modules that do I/O; all others of Node are free. */
export const outsideModules = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'http',
  'https',
  'http2',
  'dgram',
  'dns',
  'child_process',
  'cluster',
  'worker_threads',
  'readline',
  'readline/promises',
];

/** Folders that hold an open set: each file is one line of its index.ts, which other rooms may import; the files are private. */
export const listFolders = [
  'src/controllers',
  'src/scheduler/plugins',
  'src/agent/runtimes',
  'src/gitops/sources',
  'src/gitops/renderers',
  'src/gitops/health',
  'src/apiserver/computed',
  'src/apiserver/subresources',
  'src/kinds/conversions',
  'src/kinds/facts',
  'src/kinds/strategies',
  'src/cli/commands',
];
