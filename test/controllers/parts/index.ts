import { deployment } from './deployment.ts';
import type { Part } from './part.ts';
import { replicaset } from './replicaset.ts';

/** Every part that the seeds tell their stories of. */
export const parts: readonly Part[] = [replicaset, deployment];
