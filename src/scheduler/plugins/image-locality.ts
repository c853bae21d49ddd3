import type { Plugin } from '../plugin.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { NodeState } from '../state/node-state.ts';

const mebibyte = 1024 * 1024;
/** Below it the bytes are no reason, above it more are none (per container). */
const least = 23 * mebibyte;
const most = 1000 * mebibyte;

/** Prefers nodes that have the pod's images, more for large ones, less for those that many nodes have. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  score(pod, state) {
    if (state.images.empty) return undefined;
    const { initContainers = [], containers } = pod.pod.spec;
    const images = [...initContainers, ...containers].map(({ image = '' }) => normalised(image));
    return { of: (node) => points(worth(images, node, state), images.length) };
  },
};

function worth(images: readonly string[], node: NodeState, state: ClusterState): number {
  let sum = 0;
  for (const image of images) {
    const bytes = node.images.get(image);
    if (bytes !== undefined) sum += Math.floor(bytes * (state.images.nodesWith(image) / state.nodes.length));
  }
  return sum;
}

function points(bytes: number, containers: number): number {
  const ceiling = most * containers;
  const within = Math.min(Math.max(bytes, least), ceiling);
  return ceiling === least ? 0 : Math.floor((100 * (within - least)) / (ceiling - least));
}

/** Nodes name their images with a tag. */
function normalised(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
