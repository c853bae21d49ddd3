import type { Runtime } from '../runtime.ts';
import { simulatedRuntime, type SimulatedOptions } from './simulated.ts';

/** Every runtime by the name that `--runtime` takes. */
export const runtimes: readonly { readonly name: string; open(options: SimulatedOptions): Runtime }[] = [
  { name: 'simulated', open: simulatedRuntime },
];
