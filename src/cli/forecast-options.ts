import { flag, list, text, type Call, type Option } from './command.ts';
import type { ForecastWish } from './forecast-run.ts';
import { UsageError } from './output.ts';

/** Of every command that tells what a merge does to what runs. */
export const forecastOptions: readonly Option[] = [
  { flags: '--forecast', summary: 'with --from: also what restarts, in which order, and what breaks on the way, in simulated time' },
  {
    flags: '--nodes NODES',
    summary: 'nodes of the forecast: 3x4cpu,16Gi, more after `;`, labels as disk=ssd',
    defaultsTo: 'room for everything',
  },
  {
    flags: '--startup START',
    summary: 'how long an image takes to answer, web=20s; 5s alone for all others',
    many: true,
    defaultsTo: '2s',
  },
  { flags: '--horizon TIME', summary: 'how much simulated time the forecast may take', defaultsTo: '15m' },
];

/** What the options say of the forecast; undefined where none was asked for. @throws UsageError */
export async function forecastWish(call: Call): Promise<ForecastWish | undefined> {
  if (flag(call, 'forecast')) return (await import('./forecast-run.ts')).wishOf(call);
  if (text(call, 'nodes') !== undefined || text(call, 'horizon') !== undefined || list(call, 'startup').length > 0)
    throw new UsageError('--nodes, --startup and --horizon say what a forecast rests on: add --forecast');
  return undefined;
}
