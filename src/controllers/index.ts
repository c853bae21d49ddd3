import type { Controller } from '../reconcile/controller.ts';
import { deployment } from './deployment.ts';
import { endpointslice } from './endpointslice.ts';
import { job } from './job.ts';
import { replicaset } from './replicaset.ts';

/** Every controller of the control plane; each runs as the user `system:controller:<name>`. */
export const controllers: readonly Controller[] = [deployment, replicaset, job, endpointslice];
