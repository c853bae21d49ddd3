import { CSINode, type CSINodeDriver } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import { duplicate, immutable, invalidEach, invalidValue, negative, required } from '../field-errors.ts';
import { qualifiedName } from '../names.ts';
import type { KindRules } from '../rules.ts';
import type { Sent } from '../sent.ts';
import { driverNameErrors } from '../storage/driver.ts';

const longestNodeId = 256;

export const csinode: KindRules<CSINode> = {
  kind: CSINode,
  complete: true,
  generation: 'none',
  validate: (object, old) => {
    const drivers = (object as Sent<CSINode>).spec?.drivers ?? [];
    const names = new Set<string>();
    const errors = drivers.flatMap((driver, index) => driverErrors(driver, `spec.drivers[${index}]`, names));
    for (const before of (old as Sent<CSINode> | undefined)?.spec?.drivers ?? []) {
      const driver = drivers.find(({ name }) => name === before.name);
      if (driver !== undefined && !jsonEqual(fixedPart(driver), fixedPart(before))) errors.push(immutable('spec.drivers', shown(driver)));
    }
    return errors;
  },
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    (spec as Sent<CSINode>['spec'])?.drivers?.length ?? 0,
    ageCell(metadata.creationTimestamp, now),
  ],
};

function driverErrors(driver: Sent<CSINodeDriver>, at: string, names: Set<string>): FieldError[] {
  const { name = '', nodeID = '', allocatable, topologyKeys = [] } = driver;
  const errors = driverNameErrors(`${at}.name`, name);
  if (nodeID === '') errors.push(required(`${at}.nodeID`));
  if (nodeID.length > longestNodeId) errors.push(invalidValue(`${at}.nodeID`, nodeID, `must be ${longestNodeId} characters or less`));
  errors.push(...negative(`${at}.allocatable.count`, allocatable?.count));
  if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
  names.add(name);
  for (const [index, key] of topologyKeys.entries()) {
    if (key === '') errors.push(required(at));
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(at, key));
    errors.push(...invalidEach(at, key, qualifiedName(key)));
  }
  return errors;
}
/** How many volumes fit may change (MutableCSINodeAllocatableCount). */
function fixedPart({ allocatable: _changes, ...driver }: Sent<CSINodeDriver>): object {
  return driver;
}
/** A driver as it is within upstream's server, which its message shows. */
function shown({ name = '', nodeID = '', topologyKeys }: Sent<CSINodeDriver>): object {
  return { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null };
}
