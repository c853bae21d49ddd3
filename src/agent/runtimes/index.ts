import type { Runtime, RuntimeOptions } from '../runtime.ts';
import { processRuntime } from './process.ts';
import { simulatedRuntime } from './simulated.ts';

/** Every runtime by the name that `--runtime` takes. */
export const runtimes: readonly { readonly name: string; open(options: RuntimeOptions): Runtime }[] = [
  { name: 'simulated', open: simulatedRuntime },
  { name: 'process', open: processRuntime },
];
