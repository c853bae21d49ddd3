import { runShim } from '../agent/shim.ts';
import { realClock } from '../base/clock.ts';
import { createLog, errorText } from '../base/log.ts';
import { secureRandom } from '../base/random.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: shim <folder>');
const clock = realClock();
const log = createLog(({ level, message, fields }) => process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`));
try {
  await runShim({ folder, clock, random: secureRandom(), log, serve: () => Promise.resolve() });
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exit(1);
}
process.exit(0);
