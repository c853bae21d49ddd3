import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/object.ts';
import { kinds } from './write.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const creationTimestamp = '2026-01-01T00:00:00Z';

/** The row of an object; columns that are no plain text are marked, as are those that only a wide table has. */
function row(apiVersion: string, kind: string, fields: object): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const served = kinds.findKind(group, version, kind);
  if (served?.strategy?.cells === undefined) throw new Error(`${apiVersion} ${kind} has no cells`);
  const { metadata, ...rest } = fields as { metadata?: object };
  const object = { apiVersion, kind, metadata: { name: 'x', creationTimestamp, ...metadata }, ...rest } as KubeObject;
  const cells = served.strategy.cells(object, now);
  const texts = served.columns.map(({ name, type, priority }, index) => {
    const mark = `${type === 'string' ? '' : `:${type}`}${priority === 1 ? '*' : ''}`;
    return `${name}${mark}=${String(cells[index])}`;
  });
  expect(cells.length).toBe(texts.length);
  return texts.join(' | ');
}

const container = { name: 'web', image: 'nginx' };
const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [container, { name: 'log', image: 'busybox' }], nodeSelector: { disk: 'ssd' } },
};
const selector = { matchLabels: { a: 'b' } };
const pods = 'Containers*=web,log | Images*=nginx,busybox';

describe('the table of', () => {
  test.each<[string, string, object, string]>([
    [
      'apps/v1',
      'DaemonSet',
      {
        spec: { template, selector },
        status: { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1, updatedNumberScheduled: 2, numberAvailable: 1 },
      },
      `Name=x | Desired:integer=3 | Current:integer=2 | Ready:integer=1 | Up-to-date:integer=2 | Available:integer=1 | Node Selector=disk=ssd | Age=60m | ${pods} | Selector*=a=b`,
    ],
    [
      'apps/v1',
      'StatefulSet',
      { spec: { replicas: 3, template, selector }, status: { readyReplicas: 2 } },
      `Name=x | Ready=2/3 | Age=60m | ${pods}`,
    ],
    [
      'apps/v1',
      'ControllerRevision',
      {
        revision: 4,
        metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true }] },
      },
      'Name=x | Controller=statefulset.apps/db | Revision=4 | Age=60m',
    ],
    [
      'batch/v1',
      'CronJob',
      {
        spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
        status: { active: [{}], lastScheduleTime: '2026-01-01T00:59:00Z' },
      },
      `Name=x | Schedule=* * * * * | Timezone=<none> | Suspend:boolean=False | Active:integer=1 | Last Schedule=60s | Age=60m | ${pods} | Selector*=<none>`,
    ],
    [
      'v1',
      'ReplicationController',
      { spec: { replicas: 2, selector: { a: 'b' }, template }, status: { replicas: 2, readyReplicas: 1 } },
      `Name=x | Desired:integer=2 | Current:integer=2 | Ready:integer=1 | Age=60m | ${pods} | Selector*=a=b`,
    ],
    ['v1', 'PodTemplate', { template }, 'Name=x | Containers=web,log | Images=nginx,busybox | Pod Labels=a=b'],
    [
      'policy/v1',
      'PodDisruptionBudget',
      { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } },
      'Name=x | Min Available=50% | Max Unavailable=N/A | Allowed Disruptions:integer=1 | Age=60m',
    ],
    [
      'v1',
      'PersistentVolume',
      {
        spec: {
          capacity: { storage: '5Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { namespace: 'shop', name: 'data' },
          storageClassName: 'fast',
        },
        status: { phase: 'Bound' },
      },
      'Name=x | Capacity=5Gi | Access Modes=RWO,RWX | Reclaim Policy=Retain | Status=Bound | Claim=shop/data | StorageClass=fast | VolumeAttributesClass=<unset> | Reason= | Age=60m | VolumeMode*=<unset>',
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      {
        metadata: { deletionTimestamp: creationTimestamp },
        spec: { volumeName: 'pv', volumeMode: 'Block' },
        status: { phase: 'Bound', capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOncePod'] },
      },
      'Name=x | Status=Terminating | Volume=pv | Capacity=5Gi | Access Modes=RWOP | StorageClass= | VolumeAttributesClass=<unset> | Age=60m | VolumeMode*=Block',
    ],
    [
      'storage.k8s.io/v1',
      'StorageClass',
      { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'local' },
      'Name=x (default) | Provisioner=local | ReclaimPolicy=Delete | VolumeBindingMode=Immediate | AllowVolumeExpansion=false | Age=60m',
    ],
    [
      'storage.k8s.io/v1',
      'CSIStorageCapacity',
      { storageClassName: 'fast', capacity: '1Ti' },
      'Name=x | StorageClassName=fast | Capacity=1Ti',
    ],
    [
      'storage.k8s.io/v1',
      'VolumeAttachment',
      { spec: { attacher: 'csi', nodeName: 'n1', source: { persistentVolumeName: 'pv' } }, status: { attached: true } },
      'Name=x | Attacher=csi | PV=pv | Node=n1 | Attached:boolean=true | Age=60m',
    ],
    ['storage.k8s.io/v1', 'VolumeAttributesClass', { driverName: 'csi' }, 'Name=x | DriverName=csi | Age=60m'],
    [
      'scheduling.k8s.io/v1',
      'PriorityClass',
      { value: 7, preemptionPolicy: 'Never' },
      'Name=x | Value:integer=7 | Global-Default:boolean=false | Age=60m | PreemptionPolicy=Never',
    ],
    ['node.k8s.io/v1', 'RuntimeClass', { handler: 'runc' }, 'Name=x | Handler=runc | Age=60m'],
    ['rbac.authorization.k8s.io/v1', 'Role', {}, `Name=x | Created At:date=${creationTimestamp}`],
    ['v1', 'LimitRange', {}, `Name=x | Created At:date=${creationTimestamp}`],
    [
      'certificates.k8s.io/v1',
      'CertificateSigningRequest',
      {
        spec: { signerName: 'example.com/a', username: 'me', expirationSeconds: 7200 },
        status: { conditions: [{ type: 'Approved' }], certificate: 'eA==' },
      },
      'Name=x | Age=60m | SignerName=example.com/a | Requestor=me | RequestedDuration=120m | Condition=Approved,Issued',
    ],
    [
      'apiregistration.k8s.io/v1',
      'APIService',
      {
        spec: { service: { namespace: 'shop', name: 'api' } },
        status: { conditions: [{ type: 'Available', status: 'False', reason: 'ServiceNotFound' }] },
      },
      'Name=x | Service=shop/api | Available=False (ServiceNotFound) | Age=60m',
    ],
    [
      'flowcontrol.apiserver.k8s.io/v1',
      'FlowSchema',
      { spec: { priorityLevelConfiguration: { name: 'low' }, matchingPrecedence: 9 } },
      'Name=x | PriorityLevel=low | MatchingPrecedence=9 | DistinguisherMethod=<none> | Age=60m | MissingPL=?',
    ],
    [
      'flowcontrol.apiserver.k8s.io/v1',
      'PriorityLevelConfiguration',
      { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } } },
      'Name=x | Type=Limited | NominalConcurrencyShares=5 | Queues=<none> | HandSize=<none> | QueueLengthLimit=<none> | Age=60m',
    ],
    [
      'v1',
      'ComponentStatus',
      { conditions: [{ type: 'Healthy', status: 'False', error: 'no' }] },
      'Name=x | Status=Unhealthy | Message= | Error=no',
    ],
  ])('%s %s', (apiVersion, kind, fields, expected) => {
    expect(row(apiVersion, kind, fields)).toBe(expected);
  });
});

describe('how it is written', () => {
  const names = (which: (kind: ReturnType<typeof kinds.all>[number]) => boolean): string[] =>
    kinds
      .all()
      .filter((kind) => kind.computed === undefined && kind.conversion === undefined && kind.kind.group !== 'steersman.dev' && which(kind))
      .map(({ kind }) => kind.kind)
      .sort();

  test('these must name the version that they replace', () => {
    expect(names((kind) => !kind.unconditionalUpdate)).toEqual([
      'APIService',
      'CSIDriver',
      'CSINode',
      'CSIStorageCapacity',
      'CustomResourceDefinition',
      'Lease',
      'MutatingWebhookConfiguration',
      'PodDisruptionBudget',
      'RuntimeClass',
      'ServiceAccount',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'ValidatingWebhookConfiguration',
      'VolumeAttachment',
    ]);
  });
  test('these are made by a PUT', () => {
    expect(names((kind) => kind.createOnUpdate === true)).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'Endpoints',
      'Event',
      'Lease',
      'LimitRange',
      'PriorityClass',
      'Role',
      'RoleBinding',
      'Service',
    ]);
  });
  test('these count no generations', () => {
    expect(names((kind) => kind.strategy?.generation === 'none')).toEqual([
      'APIService',
      'CSINode',
      'CSIStorageCapacity',
      'CertificateSigningRequest',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'ControllerRevision',
      'Endpoints',
      'Event',
      'HorizontalPodAutoscaler',
      'IPAddress',
      'Lease',
      'LimitRange',
      'Namespace',
      'Node',
      'PersistentVolume',
      'PersistentVolumeClaim',
      'ResourceQuota',
      'Role',
      'RoleBinding',
      'RuntimeClass',
      'Secret',
      'Service',
      'ServiceAccount',
      'ServiceCIDR',
      'StorageClass',
      'VolumeAttachment',
      'VolumeAttributesClass',
    ]);
  });
  test('these may be selected by fields of their own', () => {
    const own = names((kind) => Object.keys(kind.selectableFields).length > 0);
    expect(own).toEqual([
      'CertificateSigningRequest',
      'Event',
      'Job',
      'Namespace',
      'Node',
      'Pod',
      'ReplicaSet',
      'ReplicationController',
      'Secret',
      'Service',
      'StatefulSet',
    ]);
  });
});
