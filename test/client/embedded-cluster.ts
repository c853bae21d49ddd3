import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '../../src/apiserver/listen.ts';
import { createAuthentication } from '../../src/apiserver/authentication.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { connect } from '../../src/client/connect.ts';
import { contextOf, parseKubeconfig, type KubeContext } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';
import { openCertificates, type Certificates } from '../../src/controlplane/certificates.ts';
import { adminKubeconfig } from '../../src/controlplane/kubeconfig.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { objectCodec } from '../../src/apiserver/codec.ts';
import type { ClusterSubject } from '../contract/cluster.ts';
import { byName, startApiServer, type TestServer } from '../support/api-server.ts';

const clock = realClock();
const random = secureRandom();
const identity = { clock, random, userAgent: 'steer-contract/1' };

/** An API server on a memory store, called in process. */
export async function inProcess(): Promise<ClusterSubject> {
  const server = await startApiServer();
  return {
    cluster: connect(server.server.handle, { ...identity, clock: server.clock, authorization: 'Bearer admin' }),
    namespace: 'contract',
    close: () => server.stop(),
  };
}

export interface Served {
  readonly server: TestServer;
  readonly url: string;
  readonly certificates: Certificates;
  /** Of the administrator, by client certificate. */
  readonly context: KubeContext;
  close(): Promise<void>;
}

/** The same behind a TLS socket, which believes client certificates and, as bearer tokens, names. */
export async function served(options: Parameters<typeof startApiServer>[0] = {}): Promise<Served> {
  const byCertificate = createAuthentication(new Map());
  const server = await startApiServer({ ...options, authenticate: (request) => byName(request) ?? byCertificate(request) });
  const certificates = await openCertificates({ hosts: [], clock, random, log: silentLog });
  const { key, certificate } = certificates.server;
  const listening = await listen({
    handle: server.server.handle,
    certificates: { key, certificate, ca: certificates.authority },
    clock,
    log: silentLog,
  });
  const text = adminKubeconfig('test', listening.url, certificates);
  return {
    server,
    url: listening.url,
    certificates,
    context: contextOf(parseKubeconfig(text, '/nowhere/config')),
    close: async () => {
      await listening.close(0);
      await server.stop();
    },
  };
}

/** An API server on an embedded store, over TLS with the administrator's certificate. */
export async function overTls(): Promise<ClusterSubject> {
  const directory = mkdtempSync(join(tmpdir(), 'steer-cluster-'));
  const store = await openEmbeddedStore({ directory, codec: objectCodec, clock, random });
  const socket = await served({ store });
  const transport = await connectTransport(socket.context, { clock, environment: {} });
  return {
    cluster: connect(transport, { ...identity, pageSize: 500 }),
    namespace: 'contract',
    close: async () => {
      await transport.close();
      await socket.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
