import { realClock } from '../../src/base/clock.ts';
import { nameSuffix, secureRandom } from '../../src/base/random.ts';
import { connect } from '../../src/client/connect.ts';
import { contextOf, loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';
import { clusterContract } from '../contract/cluster.ts';
import { inProcess, overTls } from './embedded-cluster.ts';

clusterContract('embedded, in process', inProcess);
clusterContract('embedded, over TLS', overTls);

const real = process.env['STEER_TEST_KUBECONFIG'];
if (real === undefined) console.log('skipped: the cluster contract on a real cluster (STEER_TEST_KUBECONFIG names a kubeconfig)');
else {
  clusterContract(`the cluster of ${real}`, async () => {
    const clock = realClock();
    const random = secureRandom();
    const transport = await connectTransport(contextOf(await loadKubeconfig([real])), { clock, environment: process.env });
    const cluster = connect(transport, { clock, random, userAgent: 'steer-contract/1', pageSize: 500 });
    return { cluster, namespace: `steer-contract-${nameSuffix(random)}`, close: () => transport.close() };
  });
}
