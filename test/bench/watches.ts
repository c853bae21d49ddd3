import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'yaml';
import { ConfigMap } from '../../src/api/kinds.generated.ts';
import { startDaemon } from './daemon.ts';
import { percentile, type Row } from './measure.ts';

const watchers = 1000;
const perSession = 100;
/** Not counted: the server's code is compiled and its schemas are loaded with the first ones. */
const warmUp = 10;
const events = warmUp + 200;

/** 1,000 watches over TLS, 20 events a second: how long an event takes to each of them. */
export async function watches(): Promise<Row[]> {
  const daemon = await startDaemon();
  const delays: number[] = [];
  const sent: number[] = [];
  const sessions = openSessions(daemon.kubeconfig);
  try {
    await Promise.all(sessions.flatMap((session) => Array.from({ length: perSession }, () => follow(session, sent, delays))));
    for (let index = 0; index < events; index++) {
      sent[index] = performance.now();
      const data = { index: String(index), text: 'x'.repeat(2000) };
      await daemon.cluster.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `e-${index}`, namespace: 'default' },
        data,
      });
      await setTimeout(50);
    }
    const expected = watchers * (events - warmUp);
    for (let waited = 0; delays.length < expected && waited < 200; waited++) await setTimeout(50);
    if (delays.length !== expected) throw new Error(`${delays.length} of ${expected} events arrived`);
    return [{ name: '1,000 watchers at 20 events/s: write to delivery, p99', value: percentile(delays, 99), unit: 'ms', line: '<= 50' }];
  } finally {
    for (const session of sessions) session.destroy();
    await daemon.stop();
  }
}

function openSessions(kubeconfig: string): ClientHttp2Session[] {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const pem = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
  return Array.from({ length: watchers / perSession }, () => {
    const session = connectHttp2(cluster['server'] ?? '', {
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
      settings: { initialWindowSize: 4 * 1024 * 1024 },
    });
    // The windows of Go's client, which kubectl and client-go use (golang.org/x/net/http2, transportDefaultConnFlow and -StreamFlow).
    session.once('connect', () => session.setLocalWindowSize(1 << 30));
    return session;
  });
}

/** Resolves when the watch stands. */
function follow(session: ClientHttp2Session, sent: readonly number[], delays: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/api/v1/namespaces/default/configmaps?watch=1' });
    stream.on('response', () => resolve());
    stream.on('error', reject);
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const now = performance.now();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const index = /"index":"(\d+)"/.exec(line)?.[1];
        if (Number(index) >= warmUp) delays.push(now - (sent[Number(index)] ?? now));
      }
    });
  });
}
