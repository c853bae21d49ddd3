import { status } from './status.ts';
import type { Subresource } from './index.ts';

/** The containers that are added to a pod to look into it, apart from all else that it says. */
export const ephemeralContainers: Subresource = { ...status, name: 'ephemeralcontainers' };

/** How much a pod's containers may take, which changes while they run. */
export const resize: Subresource = { ...status, name: 'resize' };
