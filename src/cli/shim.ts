import type { ServiceTable } from '../api/service-table.ts';
import { runShim } from '../agent/shim.ts';
import { realClock } from '../base/clock.ts';
import { createLog, errorText } from '../base/log.ts';
import { secureRandom } from '../base/random.ts';
import type { DataPlane } from '../proxy/data-plane.ts';
import type { DnsServer } from '../proxy/dns-server.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: shim <folder>');
const clock = realClock();
const random = secureRandom();
const log = createLog(({ level, message, fields }) => process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`));

let plane: DataPlane | undefined;
let names: DnsServer | undefined;
/**
 * Services in the network of isolated pods: cluster addresses are this process's own there. What that takes is loaded when it is
 * needed, since every other shim does without.
 */
async function serve(table: ServiceTable, dns: { address: string; domain: string } | undefined): Promise<void> {
  const [{ startDataPlane }, { startDnsServer }] = await Promise.all([import('../proxy/data-plane.ts'), import('../proxy/dns-server.ts')]);
  plane ??= startDataPlane({ clock, random, log, listen: { clusterAddresses: true, externalAddresses: true } });
  if (dns !== undefined) names ??= await startDnsServer({ clock, random, log, listen: { address: dns.address }, domain: dns.domain });
  names?.update(table);
  await plane.update(table);
}

try {
  await runShim({ folder, clock, random, log, serve });
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exit(1);
}
process.exit(0);
