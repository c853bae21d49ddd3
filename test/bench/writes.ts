import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { startDaemon } from './daemon.ts';
import { etcdPuts } from './etcd.ts';
import { concurrently, paced, percentile, timed, type Row } from './measure.ts';

const text = 'x'.repeat(1500);
function configMap(name: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { a: text } };
}

/** Acknowledged creates over TLS, each durable, on one connection and on 64; and a list of many objects. */
export async function writes(): Promise<Row[]> {
  const daemon = await startDaemon();
  const { cluster } = daemon;
  try {
    await concurrently(200, 8, (index) => cluster.create(ConfigMap, configMap(`warm-${index}`)));
    const single = 1500;
    const singleMs = await timed(() => concurrently(single, 1, (index) => cluster.create(ConfigMap, configMap(`one-${index}`))));
    const many = 10_000;
    const before = daemon.cpuSeconds();
    let took: number[] = [];
    const manyMs = await timed(
      async () => (took = await concurrently(many, 64, (index) => cluster.create(ConfigMap, configMap(`many-${index}`)))),
    );
    const cpuMs = ((daemon.cpuSeconds() - before) * 1000) / many;
    const paces = await paced(500, 4, (index) => cluster.create(ConfigMap, configMap(`paced-${index}`)));
    const lists = await concurrently(10, 1, () => cluster.list(ConfigMap, { namespace: 'default', limit: 10_000 }));
    const peer = await etcdPuts(daemon.folder);
    return [
      { name: 'creates on 1 connection', value: (single / singleMs) * 1000, unit: '/s', ...peerOf(peer?.one) },
      { name: 'creates on 64 connections', value: (many / manyMs) * 1000, unit: '/s', line: '>= 2000', ...peerOf(peer?.many) },
      { name: 'processor time of a create', value: cpuMs, unit: 'ms' },
      { name: 'create on 64 connections, p99', value: percentile(took, 99), unit: 'ms' },
      { name: 'create at 500/s, p99', value: percentile(paces, 99), unit: 'ms', line: '<= 20' },
      { name: 'LIST of 10,000 objects, p99', value: percentile(lists, 99), unit: 'ms', line: '<= 1000' },
    ];
  } finally {
    await daemon.stop();
  }
}
function peerOf(value: number | undefined): Pick<Row, 'peer'> {
  return value === undefined ? {} : { peer: { name: 'etcd puts', value } };
}
