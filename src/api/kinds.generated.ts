// Made by test/house/generate-types.ts from schemas/. Do not edit.
import type { Kind, ObjectMeta } from './object.ts';

/** A version of a group that a server serves. */
export interface APIService {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which version, which server. */
  spec: APIServiceSpec;
  /** Whether it can be reached. */
  status?: APIServiceStatus;
}

export const APIService: Kind<APIService> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
};

export interface APIServiceCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface APIServiceSpec {
  /** Certificates by which the server is known, PEM in base64. */
  caBundle?: string;
  /** The group. */
  group?: string;
  /** Where the group stands among groups; more comes first. */
  groupPriorityMinimum: number;
  /** The server's certificate is not checked. */
  insecureSkipTLSVerify?: boolean;
  /** The server's Service; none: served here. */
  service?: ApiregistrationServiceReference;
  /** The version. */
  version?: string;
  /** Where the version stands in its group; more comes first. */
  versionPriority: number;
}

export interface APIServiceStatus {
  /** Whether it is available. */
  conditions?: APIServiceCondition[];
}

export interface AWSElasticBlockStoreVolumeSource {
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
  volumeID: string;
}

export interface AdmissionregistrationServiceReference {
  name: string;
  namespace: string;
  path?: string;
  port?: number;
}

export interface AdmissionregistrationWebhookClientConfig {
  caBundle?: string;
  service?: AdmissionregistrationServiceReference;
  url?: string;
}

export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}

export interface AggregationRule {
  /** Finds the other ClusterRoles; one of them must match. */
  clusterRoleSelectors?: LabelSelector[];
}

export interface ApiregistrationServiceReference {
  name?: string;
  namespace?: string;
  port?: number;
}

export interface AppArmorProfile {
  localhostProfile?: string;
  type: string;
}

/** A path in a source that one destination is kept true to. */
export interface Application {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What to keep true, where, and how carefully. */
  spec: ApplicationSpec;
  /** What was found and done. */
  status?: ApplicationStatus;
}

export const Application: Kind<Application> = {
  group: 'steersman.dev',
  version: 'v1',
  kind: 'Application',
  plural: 'applications',
  namespaced: true,
};

/** How much one plan may delete before a person must approve it. */
export interface ApplicationBudget {
  /** Most objects. */
  objects?: number;
  /** Most objects, as a share of the application. */
  percent?: number;
}

/** The revision that was applied last. */
export interface ApplicationCurrent {
  /** Its number. */
  number: number;
  /** Its commit. */
  commit: string;
  /** The plan that brought it. */
  planId?: string;
}

/** The cluster; empty is the one that holds this object. */
export interface ApplicationDestination {
  /** A context of the kubeconfig. */
  context?: string;
}

/** A plan that waits for approval. */
export interface ApplicationHold {
  /** The plan. */
  planId: string;
  /** Why it waits. */
  reasons?: string[];
}

/** What it owns; the list itself is stored in pieces. */
export interface ApplicationInventory {
  /** How many objects. */
  count: number;
  /** Hash of the list. */
  digest?: string;
  /** Digests of the pieces, in order. */
  chunks?: string[];
}

/** What is happening, or happened last. */
export interface ApplicationOperation {
  /** Names this run. */
  id?: string;
  /** What started it. */
  type: 'sync' | 'rollback' | 'heal' | 'delete' | 'apply' | 'resume';
  /** How far it is. */
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Superseded' | 'Refused';
  /** One sentence for people. */
  message?: string;
  /** Commit it brings. */
  commit?: string;
  /** Plan it executes. */
  planId?: string;
  /** Wave it works on. */
  wave?: number;
  /** When it began. */
  startedAt?: string;
  /** When it ended. */
  finishedAt?: string;
  /** Steps done. */
  done?: number;
  /** Steps in all. */
  total?: number;
  /** Number of the revision that it makes. */
  number?: number;
}

/** Set by a rollback: the revision that is held against the source. */
export interface ApplicationPin {
  /** Number of the revision. */
  revision: number;
  /** Commit that is not applied again. */
  badCommit?: string;
  /** Digest of the rendered manifests that are not applied again. */
  digest?: string;
}

/** One entry of the history of an application. */
export interface ApplicationRevision {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What was applied, and why. */
  spec: ApplicationRevisionSpec;
  /** What came of it. */
  status?: ApplicationRevisionStatus;
}

export const ApplicationRevision: Kind<ApplicationRevision> = {
  group: 'steersman.dev',
  version: 'v1',
  kind: 'ApplicationRevision',
  plural: 'applicationrevisions',
  namespaced: true,
};

/** What was applied, and why. */
export interface ApplicationRevisionSpec {
  /** Name of the application, in the same namespace. */
  application: string;
  /** Counts from 1, without gaps. */
  number: number;
  /** Full hash; for a folder the digest of its content. */
  commit: string;
  /** Branch or tag and hash. */
  revision?: string;
  /** Who wrote the commit. */
  author?: string;
  /** First line of its message. */
  subject?: string;
  /** When it was committed. */
  committedAt?: string;
  /** Why it was applied. */
  cause?: RevisionCause;
  /** The plan that was executed. */
  planId?: string;
  /** Steps of the plan by action. */
  summary?: RevisionSummary;
  /** Digests of the Secrets of type steersman.dev/manifests that hold the manifests, in order. */
  chunks?: string[];
  /** Where it came from. */
  source?: RevisionSource;
  /** Digest of the rendered manifests: equal digests ask for the same objects. */
  digest?: string;
  /** Name of the Secret that holds the digests of the reviewed steps, where a person reviewed the plan. */
  approved?: string;
}

/** What came of it. */
export interface ApplicationRevisionStatus {
  /** How it ended. */
  outcome?: 'Succeeded' | 'Failed' | 'Running' | 'Superseded';
  /** Health at the end. */
  health?: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';
  /** One sentence for people. */
  message?: string;
  /** When it began. */
  startedAt?: string;
  /** When it ended. */
  finishedAt?: string;
  /** Marked by a rollback: never applied again by itself. */
  bad?: boolean;
  /** Jobs that ended well in this sync and are not run again. */
  finished?: string[];
}

/** Where the manifests come from. */
export interface ApplicationSource {
  /** URL of a repository, or the path of a repository or folder on this machine. */
  repo: string;
  /** Folder inside the repository; empty is its root. */
  path?: string;
  /** Branch, tag, tag range or commit; empty is the default branch. */
  revision?: string;
  /** How often a remote source is polled. */
  interval?: string;
  /** Which signatures a commit must carry. */
  verify?: ApplicationVerify;
  /** Name of a Secret of this namespace with username and password, a token, or an ssh key (identity) and known_hosts. */
  credentials?: string;
}

/** What to keep true, where, and how carefully. */
export interface ApplicationSpec {
  /** Where the manifests come from. */
  source: ApplicationSource;
  /** One field, named after the renderer, with its options; empty lets each renderer look for itself. */
  renderer?: Record<string, unknown>;
  /** The cluster; empty is the one that holds this object. */
  destination?: ApplicationDestination;
  /** Namespace of namespaced objects that name none. */
  namespace?: string;
  /** When and how far a sync goes by itself. */
  sync?: ApplicationSync;
  /** What to do when somebody changes what was applied. */
  drift?: 'heal' | 'report';
  /** Field managers whose fields are left alone. */
  respect?: string[];
  /** Who goes back when a sync fails. */
  rollback?: 'manual' | 'auto';
  /** Do nothing until this is false again. */
  suspend?: boolean;
  /** How many revisions are kept. */
  historyLimit?: number;
  /** Applications of this namespace that must be synced and healthy first. */
  dependsOn?: string[];
}

/** What was found and done. */
export interface ApplicationStatus {
  /** Generation that this status speaks of. */
  observedGeneration?: number;
  /** Does the cluster equal the source? */
  sync?: 'Synced' | 'OutOfSync' | 'Held' | 'Unknown';
  /** The worst health of its objects. */
  health?: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';
  /** Set by a rollback: the revision that is held against the source. */
  pinned?: ApplicationPin;
  /** The revision that was applied last. */
  current?: ApplicationCurrent;
  /** What the source asks for now. */
  target?: ApplicationTarget;
  /** A plan that waits for approval. */
  held?: ApplicationHold;
  /** What is happening, or happened last. */
  operation?: ApplicationOperation;
  /** Id of the request that was handled last. */
  answered?: string;
  /** What it owns; the list itself is stored in pieces. */
  inventory?: ApplicationInventory;
  /** How many objects stand in which health. */
  summary?: HealthSummary;
  /** One sentence: what is not as it should be, why, and what happens next. */
  message?: string;
  /** Ready, Reconciling, Stalled. */
  conditions?: Condition[];
}

/** When and how far a sync goes by itself. */
export interface ApplicationSync {
  /** Sync without being asked. */
  auto?: boolean;
  /** Delete objects that left the source. */
  prune?: boolean;
  /** Take over objects that exist already and belong to nobody. */
  adopt?: boolean;
  /** How much one plan may delete before a person must approve it. */
  budget?: ApplicationBudget;
  /** After how long a sync that is not healthy has failed. */
  deadline?: string;
  /** How long all objects must stay healthy. */
  healthyFor?: string;
  /** Times in which a sync may start by itself; none is always. */
  windows?: ApplicationWindow[];
  /** What to do with kinds that the destination does not serve. */
  unserved?: 'error' | 'skip';
}

/** What the source asks for now. */
export interface ApplicationTarget {
  /** Full hash. */
  commit: string;
  /** Branch or tag and hash. */
  revision?: string;
  /** Who wrote the commit. */
  author?: string;
  /** First line of its message. */
  subject?: string;
}

/** Which signatures a commit must carry. */
export interface ApplicationVerify {
  /** Nothing, the commit itself, or the tag that names it. */
  mode?: 'none' | 'head' | 'tag';
  /** Names of the keys that may sign. */
  signers?: string[];
}

/** A time that comes again. */
export interface ApplicationWindow {
  /** Start, as five cron fields. */
  schedule: string;
  /** How long it lasts. */
  duration: string;
  /** Name of a time zone. */
  timeZone?: string;
  /** Syncs may start in it, or may not. */
  kind?: 'allow' | 'deny';
}

export interface AttachedVolume {
  devicePath: string;
  name: string;
}

export interface AuditAnnotation {
  key: string;
  valueExpression: string;
}

export interface AutoscalingV1CrossVersionObjectReference {
  apiVersion?: string;
  kind: string;
  name: string;
}

/** Changes the number of pods of a workload by their use of CPU. */
export interface AutoscalingV1HorizontalPodAutoscaler {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What is scaled, between which bounds. */
  spec: AutoscalingV1HorizontalPodAutoscalerSpec;
  /** What was measured and decided. */
  status?: AutoscalingV1HorizontalPodAutoscalerStatus;
}

export const AutoscalingV1HorizontalPodAutoscaler: Kind<AutoscalingV1HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};

export interface AutoscalingV1HorizontalPodAutoscalerSpec {
  /** Most pods. */
  maxReplicas: number;
  /** Fewest pods. */
  minReplicas?: number;
  /** The workload. */
  scaleTargetRef: AutoscalingV1CrossVersionObjectReference;
  /** How much of the CPU that they request pods should use on average. */
  targetCPUUtilizationPercentage?: number;
}

export interface AutoscalingV1HorizontalPodAutoscalerStatus {
  /** How much they use. */
  currentCPUUtilizationPercentage?: number;
  /** Pods that there are. */
  currentReplicas: number;
  /** Pods that there should be. */
  desiredReplicas: number;
  /** When the number changed last. */
  lastScaleTime?: string;
  /** The generation that this tells of. */
  observedGeneration?: number;
}

export interface AzureDiskVolumeSource {
  cachingMode?: string;
  diskName: string;
  diskURI: string;
  fsType?: string;
  kind?: string;
  readOnly?: boolean;
}

export interface AzureFilePersistentVolumeSource {
  readOnly?: boolean;
  secretName: string;
  secretNamespace?: string;
  shareName: string;
}

export interface AzureFileVolumeSource {
  readOnly?: boolean;
  secretName: string;
  shareName: string;
}

/** Puts a pod on a node. */
export interface Binding {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The node. */
  target: ObjectReference;
}

export const Binding: Kind<Binding> = { group: '', version: 'v1', kind: 'Binding', plural: 'bindings', namespaced: true };

export interface BoundObjectReference {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
}

/** A driver of volumes, and what it needs. */
export interface CSIDriver {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What it needs. */
  spec: CSIDriverSpec;
}

export const CSIDriver: Kind<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
};

export interface CSIDriverSpec {
  /** Volumes are attached to a node before they are mounted. */
  attachRequired?: boolean;
  /** Whether it lets the group of files be changed. */
  fsGroupPolicy?: 'ReadWriteOnceWithFSType' | 'File' | 'None';
  /** How often nodes count anew how many volumes they can hold. */
  nodeAllocatableUpdatePeriodSeconds?: number;
  /** It is told of the pod at each mount. */
  podInfoOnMount?: boolean;
  /** It is called again and again while a volume is mounted. */
  requiresRepublish?: boolean;
  /** It can mount with an SELinux label. */
  seLinuxMount?: boolean;
  /** Tokens come to it among the secrets. */
  serviceAccountTokenInSecrets?: boolean;
  /** It tells how much it can still make. */
  storageCapacity?: boolean;
  /** Tokens of the pod's service account that it gets. */
  tokenRequests?: StorageTokenRequest[];
  /** Persistent volumes, ephemeral ones or both. */
  volumeLifecycleModes?: ('Ephemeral' | 'Persistent')[];
}

/** The drivers of volumes on a node. */
export interface CSINode {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The drivers. */
  spec: CSINodeSpec;
}

export const CSINode: Kind<CSINode> = { group: 'storage.k8s.io', version: 'v1', kind: 'CSINode', plural: 'csinodes', namespaced: false };

export interface CSINodeDriver {
  allocatable?: VolumeNodeResources;
  name: string;
  nodeID: string;
  topologyKeys?: string[];
}

export interface CSINodeSpec {
  /** One entry for each. */
  drivers: CSINodeDriver[];
}

export interface CSIPersistentVolumeSource {
  controllerExpandSecretRef?: SecretReference;
  controllerPublishSecretRef?: SecretReference;
  driver: string;
  fsType?: string;
  nodeExpandSecretRef?: SecretReference;
  nodePublishSecretRef?: SecretReference;
  nodeStageSecretRef?: SecretReference;
  readOnly?: boolean;
  volumeAttributes?: Record<string, string>;
  volumeHandle: string;
}

/** How much a driver can still make in one place. */
export interface CSIStorageCapacity {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** How much in all. */
  capacity?: string;
  /** What it is. */
  kind: string;
  /** How much in one volume. */
  maximumVolumeSize?: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The place, by labels of nodes. */
  nodeTopology?: LabelSelector;
  /** Class that it is about. */
  storageClassName: string;
}

export const CSIStorageCapacity: Kind<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
};

export interface CSIVolumeSource {
  driver: string;
  fsType?: string;
  nodePublishSecretRef?: LocalObjectReference;
  readOnly?: boolean;
  volumeAttributes?: Record<string, string>;
}

export interface Capabilities {
  add?: string[];
  drop?: string[];
}

export interface CephFSPersistentVolumeSource {
  monitors: string[];
  path?: string;
  readOnly?: boolean;
  secretFile?: string;
  secretRef?: SecretReference;
  user?: string;
}

export interface CephFSVolumeSource {
  monitors: string[];
  path?: string;
  readOnly?: boolean;
  secretFile?: string;
  secretRef?: LocalObjectReference;
  user?: string;
}

/** Asks for a certificate. */
export interface CertificateSigningRequest {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What is asked for, and by whom. */
  spec: CertificateSigningRequestSpec;
  /** What was decided, and the certificate. */
  status?: CertificateSigningRequestStatus;
}

export const CertificateSigningRequest: Kind<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

export interface CertificateSigningRequestCondition {
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface CertificateSigningRequestSpec {
  /** How long it should be good for. */
  expirationSeconds?: number;
  /** More about who asks; the server writes it. */
  extra?: Record<string, string[]>;
  /** Groups of who asks; the server writes them. */
  groups?: string[];
  /** The request, PEM in base64. */
  request: string;
  /** Who should sign. */
  signerName: string;
  /** Which user of that name; the server writes it. */
  uid?: string;
  /** What the certificate is good for. */
  usages?: string[];
  /** Who asks; the server writes it. */
  username?: string;
}

export interface CertificateSigningRequestStatus {
  /** The certificate, PEM in base64. */
  certificate?: string;
  /** Whether it was approved, denied or could not be signed. */
  conditions?: CertificateSigningRequestCondition[];
}

export interface CinderPersistentVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: SecretReference;
  volumeID: string;
}

export interface CinderVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeID: string;
}

export interface ClientIPConfig {
  timeoutSeconds?: number;
}

/** What may be done, in all namespaces and beyond them. */
export interface ClusterRole {
  /** Takes its rules from other ClusterRoles. */
  aggregationRule?: AggregationRule;
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What may be done. */
  rules?: PolicyRule[];
}

export const ClusterRole: Kind<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

/** Gives a ClusterRole to subjects, in all namespaces. */
export interface ClusterRoleBinding {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The role; never changes. */
  roleRef: RoleRef;
  /** Who gets it. */
  subjects?: Subject[];
}

export const ClusterRoleBinding: Kind<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
};

export interface ClusterTrustBundleProjection {
  labelSelector?: LabelSelector;
  name?: string;
  optional?: boolean;
  path: string;
  signerName?: string;
}

export interface ComponentCondition {
  error?: string;
  message?: string;
  status: string;
  type: string;
}

/** Health of a part of the control plane; deprecated. */
export interface ComponentStatus {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What was found of it. */
  conditions?: ComponentCondition[];
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
}

export const ComponentStatus: Kind<ComponentStatus> = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  namespaced: false,
};

export interface Condition {
  lastTransitionTime: string;
  message: string;
  observedGeneration?: number;
  reason: string;
  status: string;
  type: string;
}

/** Configuration that pods read. */
export interface ConfigMap {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** Bytes by key, in base64. */
  binaryData?: Record<string, string>;
  /** Text by key. */
  data?: Record<string, string>;
  /** Content never changes while true. */
  immutable?: boolean;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
}

export const ConfigMap: Kind<ConfigMap> = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

export interface ConfigMapEnvSource {
  name?: string;
  optional?: boolean;
}

export interface ConfigMapKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}

export interface ConfigMapNodeConfigSource {
  kubeletConfigKey: string;
  name: string;
  namespace: string;
  resourceVersion?: string;
  uid?: string;
}

export interface ConfigMapProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}

export interface ConfigMapVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}

/** One program of a pod. */
export interface Container {
  /** Arguments; those of the image by default. */
  args?: string[];
  /** Program; that of the image by default. */
  command?: string[];
  /** Variables. */
  env?: EnvVar[];
  /** Whole ConfigMaps and Secrets as variables. */
  envFrom?: EnvFromSource[];
  /** Image that it is started from. */
  image?: string;
  /** When the image is fetched. */
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** What to do after the start and before the stop. */
  lifecycle?: Lifecycle;
  /** When this fails it is restarted. */
  livenessProbe?: Probe;
  /** Unique in the pod. */
  name: string;
  /** Ports that it listens on. */
  ports?: ContainerPort[];
  /** While this fails it gets no traffic. */
  readinessProbe?: Probe;
  /** Whether it restarts when its resources change. */
  resizePolicy?: ContainerResizePolicy[];
  /** What it needs and may use. */
  resources?: ResourceRequirements;
  /** Always makes an init container run beside the others. */
  restartPolicy?: string;
  /** When it is restarted, by exit code. */
  restartPolicyRules?: ContainerRestartRule[];
  /** User, group and rights. */
  securityContext?: SecurityContext;
  /** Until this succeeds the other probes wait. */
  startupProbe?: Probe;
  /** Keeps standard input open. */
  stdin?: boolean;
  /** Closes standard input after the first client. */
  stdinOnce?: boolean;
  /** File with its last words. */
  terminationMessagePath?: string;
  /** Where its last words come from. */
  terminationMessagePolicy?: 'FallbackToLogsOnError' | 'File';
  /** Has a terminal. */
  tty?: boolean;
  /** Volumes as devices. */
  volumeDevices?: VolumeDevice[];
  /** Volumes as folders. */
  volumeMounts?: VolumeMount[];
  /** Folder it starts in. */
  workingDir?: string;
}

export interface ContainerExtendedResourceRequest {
  containerName: string;
  requestName: string;
  resourceName: string;
}

export interface ContainerImage {
  names?: string[];
  sizeBytes?: number;
}

export interface ContainerPort {
  containerPort: number;
  hostIP?: string;
  hostPort?: number;
  name?: string;
  protocol?: 'SCTP' | 'TCP' | 'UDP';
}

export interface ContainerResizePolicy {
  resourceName: string;
  restartPolicy: string;
}

export interface ContainerResourceMetricSource {
  container: string;
  name: string;
  target: MetricTarget;
}

export interface ContainerResourceMetricStatus {
  container: string;
  current: MetricValueStatus;
  name: string;
}

export interface ContainerRestartRule {
  action: string;
  exitCodes?: ContainerRestartRuleOnExitCodes;
}

export interface ContainerRestartRuleOnExitCodes {
  operator: string;
  values?: number[];
}

export interface ContainerState {
  running?: ContainerStateRunning;
  terminated?: ContainerStateTerminated;
  waiting?: ContainerStateWaiting;
}

export interface ContainerStateRunning {
  startedAt?: string;
}

export interface ContainerStateTerminated {
  containerID?: string;
  exitCode: number;
  finishedAt?: string;
  message?: string;
  reason?: string;
  signal?: number;
  startedAt?: string;
}

export interface ContainerStateWaiting {
  message?: string;
  reason?: string;
}

export interface ContainerStatus {
  allocatedResources?: Record<string, string>;
  allocatedResourcesStatus?: ResourceStatus[];
  containerID?: string;
  image: string;
  imageID: string;
  lastState?: ContainerState;
  name: string;
  ready: boolean;
  resources?: ResourceRequirements;
  restartCount: number;
  started?: boolean;
  state?: ContainerState;
  stopSignal?: string;
  user?: ContainerUser;
  volumeMounts?: VolumeMountStatus[];
}

export interface ContainerUser {
  linux?: LinuxContainerUser;
}

/** One earlier state of a DaemonSet or StatefulSet; never changes. */
export interface ControllerRevision {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** The state. */
  data?: Record<string, unknown>;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Its number: a newer state has a higher one. */
  revision: number;
}

export const ControllerRevision: Kind<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
};

export interface CoreEndpointPort {
  appProtocol?: string;
  name?: string;
  port: number;
  protocol?: 'SCTP' | 'TCP' | 'UDP';
}

/** Makes Jobs by a timetable. */
export interface CronJob {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** When, and which Jobs. */
  spec: CronJobSpec;
  /** What was made. */
  status?: CronJobStatus;
}

export const CronJob: Kind<CronJob> = { group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true };

export interface CronJobSpec {
  /** What happens when the last Job still runs. */
  concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  /** How many failed Jobs are kept. */
  failedJobsHistoryLimit?: number;
  /** The Job to make. */
  jobTemplate: JobTemplateSpec;
  /** The timetable, as cron writes it. */
  schedule: string;
  /** How late a Job may be made. */
  startingDeadlineSeconds?: number;
  /** How many completed Jobs are kept. */
  successfulJobsHistoryLimit?: number;
  /** No Jobs are made while true. */
  suspend?: boolean;
  /** Time zone of the timetable. */
  timeZone?: string;
}

export interface CronJobStatus {
  /** Jobs that run. */
  active?: ObjectReference[];
  /** When a Job was due last. */
  lastScheduleTime?: string;
  /** When a Job completed last. */
  lastSuccessfulTime?: string;
}

export interface CrossVersionObjectReference {
  apiVersion?: string;
  kind: string;
  name: string;
}

export interface CustomResourceColumnDefinition {
  description?: string;
  format?: string;
  jsonPath: string;
  name: string;
  priority?: number;
  type: string;
}

export interface CustomResourceConversion {
  strategy: 'None' | 'Webhook';
  webhook?: WebhookConversion;
}

/** A kind that users add to the API. */
export interface CustomResourceDefinition {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The kind, as its author wants it. */
  spec: CustomResourceDefinitionSpec;
  /** The kind, as the server serves it. */
  status?: CustomResourceDefinitionStatus;
}

export const CustomResourceDefinition: Kind<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

export interface CustomResourceDefinitionCondition {
  lastTransitionTime?: string;
  message?: string;
  observedGeneration?: number;
  reason?: string;
  status: string;
  type: string;
}

export interface CustomResourceDefinitionNames {
  categories?: string[];
  kind: string;
  listKind?: string;
  plural: string;
  shortNames?: string[];
  singular?: string;
}

export interface CustomResourceDefinitionSpec {
  /** How objects pass from one version to another. */
  conversion?: CustomResourceConversion;
  /** Group of the kind, such as stable.example.com. */
  group: string;
  /** What the kind is called. */
  names: CustomResourceDefinitionNames;
  /** Must be false: fields that no schema names are dropped. */
  preserveUnknownFields?: boolean;
  /** Namespaced or Cluster. */
  scope: 'Cluster' | 'Namespaced';
  /** Versions that are served and stored. */
  versions: CustomResourceDefinitionVersion[];
}

export interface CustomResourceDefinitionStatus {
  /** Names that are served. */
  acceptedNames?: CustomResourceDefinitionNames;
  /** Whether names were accepted and the kind is served. */
  conditions?: CustomResourceDefinitionCondition[];
  /** Generation that this status speaks of. */
  observedGeneration?: number;
  /** Versions in which objects were ever stored. */
  storedVersions?: string[];
}

export interface CustomResourceDefinitionVersion {
  additionalPrinterColumns?: CustomResourceColumnDefinition[];
  deprecated?: boolean;
  deprecationWarning?: string;
  name: string;
  schema?: CustomResourceValidation;
  selectableFields?: SelectableField[];
  served: boolean;
  storage: boolean;
  subresources?: CustomResourceSubresources;
}

export interface CustomResourceSubresourceScale {
  labelSelectorPath?: string;
  specReplicasPath: string;
  statusReplicasPath: string;
}

export type CustomResourceSubresourceStatus = Record<string, unknown>;

export interface CustomResourceSubresources {
  scale?: CustomResourceSubresourceScale;
  status?: CustomResourceSubresourceStatus;
}

export interface CustomResourceValidation {
  openAPIV3Schema?: JSONSchemaProps;
}

export interface DaemonEndpoint {
  Port: number;
}

/** Runs one pod on each node that fits. */
export interface DaemonSet {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run, and where. */
  spec: DaemonSetSpec;
  /** What does run. */
  status?: DaemonSetStatus;
}

export const DaemonSet: Kind<DaemonSet> = { group: 'apps', version: 'v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true };

export interface DaemonSetCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface DaemonSetSpec {
  /** How long a new pod must be ready to count as available. */
  minReadySeconds?: number;
  /** How many old revisions are kept to go back to. */
  revisionHistoryLimit?: number;
  /** Finds the pods; must match the labels of the template and never changes. */
  selector: LabelSelector;
  /** The pod to run. */
  template: PodTemplateSpec;
  /** How old pods are replaced by new ones. */
  updateStrategy?: DaemonSetUpdateStrategy;
}

export interface DaemonSetStatus {
  /** How often the name of a revision was taken. */
  collisionCount?: number;
  /** What hinders it. */
  conditions?: DaemonSetCondition[];
  /** Nodes that run the pod and should. */
  currentNumberScheduled: number;
  /** Nodes that should run the pod. */
  desiredNumberScheduled: number;
  /** Nodes whose pod is ready for long enough. */
  numberAvailable?: number;
  /** Nodes that run the pod and should not. */
  numberMisscheduled: number;
  /** Nodes whose pod is ready. */
  numberReady: number;
  /** Nodes that lack an available pod. */
  numberUnavailable?: number;
  /** The generation that this tells of. */
  observedGeneration?: number;
  /** Nodes whose pod is of the newest template. */
  updatedNumberScheduled?: number;
}

export interface DaemonSetUpdateStrategy {
  rollingUpdate?: RollingUpdateDaemonSet;
  type?: string;
}

export interface DeleteOptions {
  apiVersion?: string;
  dryRun?: string[];
  gracePeriodSeconds?: number;
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
  kind?: string;
  orphanDependents?: boolean;
  preconditions?: Preconditions;
  propagationPolicy?: string;
}

/** Keeps pods of one template running and rolls out changes to it. */
export interface Deployment {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run. */
  spec: DeploymentSpec;
  /** What does run. */
  status?: DeploymentStatus;
}

export const Deployment: Kind<Deployment> = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };

export interface DeploymentCondition {
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface DeploymentSpec {
  /** How long a new pod must be ready to count as available. */
  minReadySeconds?: number;
  /** Changes are not rolled out while true. */
  paused?: boolean;
  /** After how long without progress a rollout counts as stuck. */
  progressDeadlineSeconds?: number;
  /** How many pods should run. */
  replicas?: number;
  /** How many old ReplicaSets are kept to go back to. */
  revisionHistoryLimit?: number;
  /** Finds the pods; must match the labels of the template and never changes. */
  selector: LabelSelector;
  /** How old pods are replaced by new ones. */
  strategy?: DeploymentStrategy;
  /** The pod to run. */
  template: PodTemplateSpec;
}

export interface DeploymentStatus {
  /** Pods that were ready for long enough. */
  availableReplicas?: number;
  /** How often a ReplicaSet of the same name was in the way. */
  collisionCount?: number;
  /** Available, Progressing, ReplicaFailure. */
  conditions?: DeploymentCondition[];
  /** Generation that this status speaks of. */
  observedGeneration?: number;
  /** Pods that are ready. */
  readyReplicas?: number;
  /** Pods in all. */
  replicas?: number;
  /** Pods that are on their way out. */
  terminatingReplicas?: number;
  /** Pods that are still needed to be fully available. */
  unavailableReplicas?: number;
  /** Pods of the newest template. */
  updatedReplicas?: number;
}

export interface DeploymentStrategy {
  rollingUpdate?: RollingUpdateDeployment;
  type?: 'Recreate' | 'RollingUpdate';
}

export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[];
}

export interface DownwardAPIVolumeFile {
  fieldRef?: ObjectFieldSelector;
  mode?: number;
  path: string;
  resourceFieldRef?: ResourceFieldSelector;
}

export interface DownwardAPIVolumeSource {
  defaultMode?: number;
  items?: DownwardAPIVolumeFile[];
}

export interface EmptyDirVolumeSource {
  medium?: string;
  sizeLimit?: string;
}

/** One pod behind a Service. */
export interface Endpoint {
  /** Where it listens; the first one counts. */
  addresses: string[];
  /** Ready, serving, terminating. */
  conditions?: EndpointConditions;
  /** Not used any more. */
  deprecatedTopology?: Record<string, string>;
  /** Who should prefer it. */
  hints?: EndpointHints;
  /** Its host name. */
  hostname?: string;
  /** Its node. */
  nodeName?: string;
  /** The pod. */
  targetRef?: ObjectReference;
  /** Its zone. */
  zone?: string;
}

export interface EndpointAddress {
  hostname?: string;
  ip: string;
  nodeName?: string;
  targetRef?: ObjectReference;
}

export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointHints {
  forNodes?: ForNode[];
  forZones?: ForZone[];
}

/** One port behind a Service. */
export interface EndpointPort {
  /** Protocol of the application. */
  appProtocol?: string;
  /** Name, as in the Service. */
  name?: string;
  /** Number. */
  port?: number;
  /** TCP, UDP or SCTP. */
  protocol?: 'SCTP' | 'TCP' | 'UDP';
}

/** Some of the addresses behind a Service. */
export interface EndpointSlice {
  /** IPv4, IPv6 or FQDN; never changes. */
  addressType: 'FQDN' | 'IPv4' | 'IPv6';
  /** Group and version that it is written in. */
  apiVersion: string;
  /** Addresses, and how they are. */
  endpoints: Endpoint[];
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Ports of all of them. */
  ports?: EndpointPort[];
}

export const EndpointSlice: Kind<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
};

export interface EndpointSubset {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: CoreEndpointPort[];
}

/** Addresses behind a Service; deprecated, EndpointSlices have taken over. */
export interface Endpoints {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Addresses, by the ports that they share. */
  subsets?: EndpointSubset[];
}

export const Endpoints: Kind<Endpoints> = { group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints', namespaced: true };

export interface EnvFromSource {
  configMapRef?: ConfigMapEnvSource;
  prefix?: string;
  secretRef?: SecretEnvSource;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}

export interface EnvVarSource {
  configMapKeyRef?: ConfigMapKeySelector;
  fieldRef?: ObjectFieldSelector;
  fileKeyRef?: FileKeySelector;
  resourceFieldRef?: ResourceFieldSelector;
  secretKeyRef?: SecretKeySelector;
}

export interface EphemeralContainer {
  args?: string[];
  command?: string[];
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  image?: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  lifecycle?: Lifecycle;
  livenessProbe?: Probe;
  name: string;
  ports?: ContainerPort[];
  readinessProbe?: Probe;
  resizePolicy?: ContainerResizePolicy[];
  resources?: ResourceRequirements;
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  securityContext?: SecurityContext;
  startupProbe?: Probe;
  stdin?: boolean;
  stdinOnce?: boolean;
  targetContainerName?: string;
  terminationMessagePath?: string;
  terminationMessagePolicy?: 'FallbackToLogsOnError' | 'File';
  tty?: boolean;
  volumeDevices?: VolumeDevice[];
  volumeMounts?: VolumeMount[];
  workingDir?: string;
}

export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}

/** Something that happened to an object. */
export interface Event {
  /** What was done. */
  action?: string;
  /** Group and version that it is written in. */
  apiVersion: string;
  /** How often it happened. */
  count?: number;
  /** When it happened first, precisely. */
  eventTime?: string;
  /** When it happened first. */
  firstTimestamp?: string;
  /** What it is about. */
  involvedObject: ObjectReference;
  /** What it is. */
  kind: string;
  /** When it happened last. */
  lastTimestamp?: string;
  /** For people. */
  message?: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** For machines: one word. */
  reason?: string;
  /** A second object that has part in it. */
  related?: ObjectReference;
  /** Who tells. */
  reportingComponent?: string;
  /** Which instance of it. */
  reportingInstance?: string;
  /** How often it happened, and when last. */
  series?: EventSeries;
  /** Who tells, in the older form. */
  source?: EventSource;
  /** Normal or Warning. */
  type?: string;
}

export const Event: Kind<Event> = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** Many events of one sort. */
export interface EventSeries {
  /** How many. */
  count?: number;
  /** When the last one was. */
  lastObservedTime?: string;
}

/** Who tells of an event. */
export interface EventSource {
  /** The program. */
  component?: string;
  /** The node it runs on. */
  host?: string;
}

/** Something that happened to an object. */
export interface EventsEvent {
  /** What was done. */
  action?: string;
  /** Group and version that it is written in. */
  apiVersion: string;
  /** How often it happened, in the older form. */
  deprecatedCount?: number;
  /** When it happened first, in the older form. */
  deprecatedFirstTimestamp?: string;
  /** When it happened last, in the older form. */
  deprecatedLastTimestamp?: string;
  /** Who tells, in the older form. */
  deprecatedSource?: EventSource;
  /** When it happened first, precisely. */
  eventTime: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** For people. */
  note?: string;
  /** For machines: one word. */
  reason?: string;
  /** What it is about. */
  regarding?: ObjectReference;
  /** A second object that has part in it. */
  related?: ObjectReference;
  /** Who tells. */
  reportingController?: string;
  /** Which instance of it. */
  reportingInstance?: string;
  /** How often it happened, and when last. */
  series?: EventsEventSeries;
  /** Normal or Warning. */
  type?: string;
}

export const EventsEvent: Kind<EventsEvent> = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

export interface EventsEventSeries {
  /** How often so far. */
  count: number;
  /** When last. */
  lastObservedTime: string;
}

export interface Eviction {
  apiVersion: string;
  deleteOptions?: DeleteOptions;
  kind: string;
  metadata: ObjectMeta;
}

export interface ExecAction {
  command?: string[];
}

export interface ExemptPriorityLevelConfiguration {
  lendablePercent?: number;
  nominalConcurrencyShares?: number;
}

export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

export interface ExternalDocumentation {
  description?: string;
  url?: string;
}

export interface ExternalMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}

export interface ExternalMetricStatus {
  current: MetricValueStatus;
  metric: MetricIdentifier;
}

export interface FCVolumeSource {
  fsType?: string;
  lun?: number;
  readOnly?: boolean;
  targetWWNs?: string[];
  wwids?: string[];
}

export interface FieldSelectorAttributes {
  rawSelector?: string;
  requirements?: FieldSelectorRequirement[];
}

export interface FieldSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface FileKeySelector {
  key: string;
  optional?: boolean;
  path: string;
  volumeName: string;
}

export interface FlexPersistentVolumeSource {
  driver: string;
  fsType?: string;
  options?: Record<string, string>;
  readOnly?: boolean;
  secretRef?: SecretReference;
}

export interface FlexVolumeSource {
  driver: string;
  fsType?: string;
  options?: Record<string, string>;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}

export interface FlockerVolumeSource {
  datasetName?: string;
  datasetUUID?: string;
}

export interface FlowDistinguisherMethod {
  type: string;
}

/** Sorts requests into flows of one priority level. */
export interface FlowSchema {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which requests, which level. */
  spec: FlowSchemaSpec;
  /** How it stands with it. */
  status?: FlowSchemaStatus;
}

export const FlowSchema: Kind<FlowSchema> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
};

export interface FlowSchemaCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status?: string;
  type?: string;
}

export interface FlowSchemaSpec {
  /** What parts the requests into flows: user or namespace. */
  distinguisherMethod?: FlowDistinguisherMethod;
  /** Less comes first, where several match a request. */
  matchingPrecedence?: number;
  /** The level. */
  priorityLevelConfiguration: PriorityLevelConfigurationReference;
  /** The requests: one rule must match. */
  rules?: PolicyRulesWithSubjects[];
}

export interface FlowSchemaStatus {
  /** Whether the level is missing. */
  conditions?: FlowSchemaCondition[];
}

export interface FlowcontrolSubject {
  group?: GroupSubject;
  kind: string;
  serviceAccount?: ServiceAccountSubject;
  user?: UserSubject;
}

export interface ForNode {
  name: string;
}

export interface ForZone {
  name: string;
}

export interface GCEPersistentDiskVolumeSource {
  fsType?: string;
  partition?: number;
  pdName: string;
  readOnly?: boolean;
}

export interface GRPCAction {
  port: number;
  service?: string;
}

export interface GitRepoVolumeSource {
  directory?: string;
  repository: string;
  revision?: string;
}

export interface GlusterfsPersistentVolumeSource {
  endpoints: string;
  endpointsNamespace?: string;
  path: string;
  readOnly?: boolean;
}

export interface GlusterfsVolumeSource {
  endpoints: string;
  path: string;
  readOnly?: boolean;
}

export interface GroupSubject {
  name: string;
}

export interface HPAScalingPolicy {
  periodSeconds: number;
  type: string;
  value: number;
}

export interface HPAScalingRules {
  policies?: HPAScalingPolicy[];
  selectPolicy?: string;
  stabilizationWindowSeconds?: number;
  tolerance?: string;
}

export interface HTTPGetAction {
  host?: string;
  httpHeaders?: HTTPHeader[];
  path?: string;
  port: number | string;
  scheme?: 'HTTP' | 'HTTPS';
}

export interface HTTPHeader {
  name: string;
  value: string;
}

export interface HTTPIngressPath {
  backend: IngressBackend;
  path?: string;
  pathType: 'Exact' | 'ImplementationSpecific' | 'Prefix';
}

export interface HTTPIngressRuleValue {
  paths: HTTPIngressPath[];
}

/** How many objects stand in which health. */
export interface HealthSummary {
  /** Objects that are as they should be. */
  healthy?: number;
  /** Objects on their way. */
  progressing?: number;
  /** Objects that failed. */
  degraded?: number;
  /** Objects that somebody paused. */
  suspended?: number;
  /** Objects that are not in the cluster. */
  missing?: number;
  /** Objects that nobody can judge. */
  unknown?: number;
}

/** Changes the number of pods of a workload by what they are measured to do. */
export interface HorizontalPodAutoscaler {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What is scaled, between which bounds, by which metrics. */
  spec: HorizontalPodAutoscalerSpec;
  /** What was measured and decided. */
  status?: HorizontalPodAutoscalerStatus;
}

export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};

export interface HorizontalPodAutoscalerBehavior {
  scaleDown?: HPAScalingRules;
  scaleUp?: HPAScalingRules;
}

export interface HorizontalPodAutoscalerCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface HorizontalPodAutoscalerSpec {
  /** How fast it may scale up and down. */
  behavior?: HorizontalPodAutoscalerBehavior;
  /** The most pods. */
  maxReplicas: number;
  /** What is measured, and which value is aimed at. */
  metrics?: MetricSpec[];
  /** The fewest pods. */
  minReplicas?: number;
  /** What is scaled. */
  scaleTargetRef: CrossVersionObjectReference;
}

export interface HorizontalPodAutoscalerStatus {
  /** Whether it can scale, does, and is held by a bound. */
  conditions?: HorizontalPodAutoscalerCondition[];
  /** What was measured last. */
  currentMetrics?: MetricStatus[];
  /** Pods that were seen last. */
  currentReplicas?: number;
  /** Pods that were decided on last. */
  desiredReplicas: number;
  /** When it scaled last. */
  lastScaleTime?: string;
  /** Generation that this status speaks of. */
  observedGeneration?: number;
}

export interface HostAlias {
  hostnames?: string[];
  ip: string;
}

export interface HostIP {
  ip: string;
}

export interface HostPathVolumeSource {
  path: string;
  type?: '' | 'BlockDevice' | 'CharDevice' | 'Directory' | 'DirectoryOrCreate' | 'File' | 'FileOrCreate' | 'Socket';
}

/** An address that a Service has. */
export interface IPAddress {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Whose it is. */
  spec: IPAddressSpec;
}

export const IPAddress: Kind<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: false,
};

export interface IPAddressSpec {
  /** The object that it belongs to. */
  parentRef: ParentReference;
}

export interface IPBlock {
  cidr: string;
  except?: string[];
}

export interface ISCSIPersistentVolumeSource {
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  fsType?: string;
  initiatorName?: string;
  iqn: string;
  iscsiInterface?: string;
  lun: number;
  portals?: string[];
  readOnly?: boolean;
  secretRef?: SecretReference;
  targetPortal: string;
}

export interface ISCSIVolumeSource {
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  fsType?: string;
  initiatorName?: string;
  iqn: string;
  iscsiInterface?: string;
  lun: number;
  portals?: string[];
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  targetPortal: string;
}

export interface ImageVolumeSource {
  pullPolicy?: string;
  reference?: string;
}

/** Leads HTTP requests from outside to Services. */
export interface Ingress {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which requests go where. */
  spec: IngressSpec;
  /** Where it can be reached. */
  status?: IngressStatus;
}

export const Ingress: Kind<Ingress> = { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses', namespaced: true };

export interface IngressBackend {
  resource?: TypedLocalObjectReference;
  service?: IngressServiceBackend;
}

/** A kind of Ingress, and who serves it. */
export interface IngressClass {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Who serves it. */
  spec: IngressClassSpec;
}

export const IngressClass: Kind<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
};

export interface IngressClassParametersReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
  scope?: 'Cluster' | 'Namespace';
}

export interface IngressClassSpec {
  /** Name of the controller. */
  controller?: string;
  /** An object with further settings for the controller. */
  parameters?: IngressClassParametersReference;
}

export interface IngressLoadBalancerIngress {
  hostname?: string;
  ip?: string;
  ports?: IngressPortStatus[];
}

export interface IngressLoadBalancerStatus {
  ingress?: IngressLoadBalancerIngress[];
}

export interface IngressPortStatus {
  error?: string;
  port: number;
  protocol: string;
}

export interface IngressRule {
  host?: string;
  http?: HTTPIngressRuleValue;
}

export interface IngressServiceBackend {
  name: string;
  port?: ServiceBackendPort;
}

export interface IngressSpec {
  /** Where requests go that no rule matches. */
  defaultBackend?: IngressBackend;
  /** Class whose controller serves it. */
  ingressClassName?: string;
  /** By host and path. */
  rules?: IngressRule[];
  /** Certificates, by host. */
  tls?: IngressTLS[];
}

export interface IngressStatus {
  /** Its addresses. */
  loadBalancer?: IngressLoadBalancerStatus;
}

export interface IngressTLS {
  hosts?: string[];
  secretName?: string;
}

export interface JSONSchemaProps {
  $ref?: string;
  $schema?: string;
  additionalItems?: unknown;
  additionalProperties?: unknown;
  allOf?: JSONSchemaProps[];
  anyOf?: JSONSchemaProps[];
  default?: unknown;
  definitions?: Record<string, JSONSchemaProps>;
  dependencies?: Record<string, unknown>;
  description?: string;
  enum?: unknown[];
  example?: unknown;
  exclusiveMaximum?: boolean;
  exclusiveMinimum?: boolean;
  externalDocs?: ExternalDocumentation;
  format?: string;
  id?: string;
  items?: unknown;
  maxItems?: number;
  maxLength?: number;
  maxProperties?: number;
  maximum?: number;
  minItems?: number;
  minLength?: number;
  minProperties?: number;
  minimum?: number;
  multipleOf?: number;
  not?: JSONSchemaProps;
  nullable?: boolean;
  oneOf?: JSONSchemaProps[];
  pattern?: string;
  patternProperties?: Record<string, JSONSchemaProps>;
  properties?: Record<string, JSONSchemaProps>;
  required?: string[];
  title?: string;
  type?: string;
  uniqueItems?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** Runs pods until a number of them has succeeded. */
export interface Job {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run, and how often it may fail. */
  spec: JobSpec;
  /** What has run. */
  status?: JobStatus;
}

export const Job: Kind<Job> = { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true };

export interface JobCondition {
  lastProbeTime?: string;
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface JobSpec {
  /** After how long the Job has failed, whatever its pods do. */
  activeDeadlineSeconds?: number;
  /** How many failures it takes for the Job to fail. */
  backoffLimit?: number;
  /** How many failures it takes for one index to fail. */
  backoffLimitPerIndex?: number;
  /** NonIndexed: any pods will do; Indexed: one for each index. */
  completionMode?: 'Indexed' | 'NonIndexed';
  /** How many pods must succeed. */
  completions?: number;
  /** Controller that looks after the Job, when it is not the built-in one. */
  managedBy?: string;
  /** The selector was chosen by the user. */
  manualSelector?: boolean;
  /** How many indexes may fail before the Job does. */
  maxFailedIndexes?: number;
  /** How many pods may run at once. */
  parallelism?: number;
  /** What a failure of a pod means, by exit code or condition. */
  podFailurePolicy?: PodFailurePolicy;
  /** When a pod is replaced: once it goes, or once it has failed. */
  podReplacementPolicy?: 'Failed' | 'TerminatingOrFailed';
  /** Finds the pods; made by the server. */
  selector?: LabelSelector;
  /** When the Job has succeeded before all its pods have. */
  successPolicy?: SuccessPolicy;
  /** No pods run while true. */
  suspend?: boolean;
  /** The pod to run. */
  template: PodTemplateSpec;
  /** How long the Job is kept after it has ended. */
  ttlSecondsAfterFinished?: number;
}

export interface JobStatus {
  /** Pods that wait or run. */
  active?: number;
  /** Indexes that succeeded, such as 1,3-5. */
  completedIndexes?: string;
  /** When the Job succeeded. */
  completionTime?: string;
  /** Complete, Failed, Suspended and what leads there. */
  conditions?: JobCondition[];
  /** Pods that failed. */
  failed?: number;
  /** Indexes that failed, such as 1,3-5. */
  failedIndexes?: string;
  /** Pods that are ready. */
  ready?: number;
  /** When the Job began. */
  startTime?: string;
  /** Pods that succeeded. */
  succeeded?: number;
  /** Pods that are on their way out. */
  terminating?: number;
  /** Pods that have ended and are not in the counts yet. */
  uncountedTerminatedPods?: UncountedTerminatedPods;
}

export interface JobTemplateSpec {
  metadata?: Partial<ObjectMeta>;
  spec?: JobSpec;
}

export interface KeyToPath {
  key: string;
  mode?: number;
  path: string;
}

export interface LabelSelector {
  /** Expressions that must all hold. */
  matchExpressions?: LabelSelectorRequirement[];
  /** Labels that it must have. */
  matchLabels?: Record<string, string>;
}

export interface LabelSelectorAttributes {
  rawSelector?: string;
  requirements?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

/** A sign that somebody is alive, or leads. */
export interface Lease {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Who holds it, since when and for how long. */
  spec: LeaseSpec;
}

export const Lease: Kind<Lease> = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true };

export interface LeaseSpec {
  /** When the holder got it. */
  acquireTime?: string;
  /** Who holds it. */
  holderIdentity?: string;
  /** How long others wait after the last renewal. */
  leaseDurationSeconds?: number;
  /** How often it has changed hands. */
  leaseTransitions?: number;
  /** Who should get it next. */
  preferredHolder?: string;
  /** When the holder renewed it last. */
  renewTime?: string;
  /** How a holder is chosen. */
  strategy?: string;
}

export interface Lifecycle {
  postStart?: LifecycleHandler;
  preStop?: LifecycleHandler;
  stopSignal?: string;
}

export interface LifecycleHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  sleep?: SleepAction;
  tcpSocket?: TCPSocketAction;
}

/** Bounds and defaults of what pods and claims of a namespace ask for. */
export interface LimitRange {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The bounds. */
  spec: LimitRangeSpec;
}

export const LimitRange: Kind<LimitRange> = { group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges', namespaced: true };

export interface LimitRangeItem {
  default?: Record<string, string>;
  defaultRequest?: Record<string, string>;
  max?: Record<string, string>;
  maxLimitRequestRatio?: Record<string, string>;
  min?: Record<string, string>;
  type: string;
}

export interface LimitRangeSpec {
  /** One entry for each kind of thing that is bounded. */
  limits: LimitRangeItem[];
}

export interface LimitResponse {
  queuing?: QueuingConfiguration;
  type: string;
}

export interface LimitedPriorityLevelConfiguration {
  borrowingLimitPercent?: number;
  lendablePercent?: number;
  limitResponse?: LimitResponse;
  nominalConcurrencyShares?: number;
}

export interface LinuxContainerUser {
  gid: number;
  supplementalGroups?: number[];
  uid: number;
}

export interface LoadBalancerIngress {
  hostname?: string;
  ip?: string;
  ipMode?: string;
  ports?: PortStatus[];
}

export interface LoadBalancerStatus {
  ingress?: LoadBalancerIngress[];
}

/** Names an object of the same namespace. */
export interface LocalObjectReference {
  /** Its name. */
  name?: string;
}

/** Asks whether somebody may do something in one namespace. */
export interface LocalSubjectAccessReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Who, and what. */
  spec: SubjectAccessReviewSpec;
  /** The answer. */
  status?: SubjectAccessReviewStatus;
}

export const LocalSubjectAccessReview: Kind<LocalSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  namespaced: true,
};

export interface LocalVolumeSource {
  fsType?: string;
  path: string;
}

export interface MatchCondition {
  expression: string;
  name: string;
}

export interface MatchResources {
  excludeResourceRules?: NamedRuleWithOperations[];
  matchPolicy?: 'Equivalent' | 'Exact';
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: NamedRuleWithOperations[];
}

export interface MetricIdentifier {
  name: string;
  selector?: LabelSelector;
}

export interface MetricSpec {
  containerResource?: ContainerResourceMetricSource;
  external?: ExternalMetricSource;
  object?: ObjectMetricSource;
  pods?: PodsMetricSource;
  resource?: ResourceMetricSource;
  type: string;
}

export interface MetricStatus {
  containerResource?: ContainerResourceMetricStatus;
  external?: ExternalMetricStatus;
  object?: ObjectMetricStatus;
  pods?: PodsMetricStatus;
  resource?: ResourceMetricStatus;
  type: string;
}

export interface MetricTarget {
  averageUtilization?: number;
  averageValue?: string;
  type: string;
  value?: string;
}

export interface MetricValueStatus {
  averageUtilization?: number;
  averageValue?: string;
  value?: string;
}

export interface ModifyVolumeStatus {
  status: string;
  targetVolumeAttributesClassName?: string;
}

export interface MutatingWebhook {
  admissionReviewVersions: string[];
  clientConfig: AdmissionregistrationWebhookClientConfig;
  failurePolicy?: 'Fail' | 'Ignore';
  matchConditions?: MatchCondition[];
  matchPolicy?: 'Equivalent' | 'Exact';
  name: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  reinvocationPolicy?: 'IfNeeded' | 'Never';
  rules?: RuleWithOperations[];
  sideEffects: 'None' | 'NoneOnDryRun';
  timeoutSeconds?: number;
}

/** Services that are asked about writes, and may change them. */
export interface MutatingWebhookConfiguration {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Whom, about what. */
  webhooks?: MutatingWebhook[];
}

export const MutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
};

export interface NFSVolumeSource {
  path: string;
  readOnly?: boolean;
  server: string;
}

export interface NamedRuleWithOperations {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[];
  resourceNames?: string[];
  resources?: string[];
  scope?: '*' | 'Cluster' | 'Namespaced';
}

/** A scope for names. */
export interface Namespace {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What must be done before it goes. */
  spec: NamespaceSpec;
  /** Whether it is in use. */
  status?: NamespaceStatus;
}

export const Namespace: Kind<Namespace> = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

export interface NamespaceCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface NamespaceSpec {
  /** Who must clean up before it goes. */
  finalizers?: string[];
}

export interface NamespaceStatus {
  /** What holds up its deletion. */
  conditions?: NamespaceCondition[];
  /** Active or Terminating. */
  phase?: string;
}

/** Says which traffic pods may send and get. */
export interface NetworkPolicy {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which pods, which traffic. */
  spec: NetworkPolicySpec;
}

export const NetworkPolicy: Kind<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
};

export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[];
  to?: NetworkPolicyPeer[];
}

export interface NetworkPolicyIngressRule {
  from?: NetworkPolicyPeer[];
  ports?: NetworkPolicyPort[];
}

export interface NetworkPolicyPeer {
  ipBlock?: IPBlock;
  namespaceSelector?: LabelSelector;
  podSelector?: LabelSelector;
}

export interface NetworkPolicyPort {
  endPort?: number;
  port?: number | string;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}

export interface NetworkPolicySpec {
  /** What the pods may send. */
  egress?: NetworkPolicyEgressRule[];
  /** What the pods may get. */
  ingress?: NetworkPolicyIngressRule[];
  /** The pods; empty: all of the namespace. */
  podSelector?: LabelSelector;
  /** Which of the two directions is ruled. */
  policyTypes?: ('Ingress' | 'Egress')[];
}

/** A machine that runs pods. */
export interface Node {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** How it is used. */
  spec: NodeSpec;
  /** What it has and how it is. */
  status?: NodeStatus;
}

export const Node: Kind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

export interface NodeAddress {
  address: string;
  type: string;
}

export interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}

export interface NodeCondition {
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface NodeConfigSource {
  configMap?: ConfigMapNodeConfigSource;
}

export interface NodeConfigStatus {
  active?: NodeConfigSource;
  assigned?: NodeConfigSource;
  error?: string;
  lastKnownGood?: NodeConfigSource;
}

export interface NodeDaemonEndpoints {
  kubeletEndpoint?: DaemonEndpoint;
}

export interface NodeFeatures {
  supplementalGroupsPolicy?: boolean;
}

export interface NodeRuntimeHandler {
  features?: NodeRuntimeHandlerFeatures;
  name?: string;
}

export interface NodeRuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean;
  userNamespaces?: boolean;
}

export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}

export interface NodeSelectorRequirement {
  key: string;
  operator: 'DoesNotExist' | 'Exists' | 'Gt' | 'In' | 'Lt' | 'NotIn';
  values?: string[];
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}

export interface NodeSpec {
  /** Not used any more. */
  configSource?: NodeConfigSource;
  /** Not used any more. */
  externalID?: string;
  /** Range of the addresses of its pods. */
  podCIDR?: string;
  /** The same, one range of each family. */
  podCIDRs?: string[];
  /** What its provider calls it. */
  providerID?: string;
  /** What keeps pods away that do not tolerate it. */
  taints?: Taint[];
  /** No new pods while true. */
  unschedulable?: boolean;
}

export interface NodeStatus {
  /** Where it can be reached. */
  addresses?: NodeAddress[];
  /** What pods can have. */
  allocatable?: Record<string, string>;
  /** What it has. */
  capacity?: Record<string, string>;
  /** Ready, and what it runs short of. */
  conditions?: NodeCondition[];
  /** Not used any more. */
  config?: NodeConfigStatus;
  /** Ports of its agent. */
  daemonEndpoints?: NodeDaemonEndpoints;
  /** What its agent can do. */
  declaredFeatures?: string[];
  /** What its container runtime can do. */
  features?: NodeFeatures;
  /** Images that it holds. */
  images?: ContainerImage[];
  /** Versions and ids. */
  nodeInfo?: NodeSystemInfo;
  /** Not used any more. */
  phase?: string;
  /** Runtimes that it offers. */
  runtimeHandlers?: NodeRuntimeHandler[];
  /** Volumes attached to it. */
  volumesAttached?: AttachedVolume[];
  /** Volumes that its pods use. */
  volumesInUse?: string[];
}

export interface NodeSwapStatus {
  capacity?: number;
}

export interface NodeSystemInfo {
  architecture: string;
  bootID: string;
  containerRuntimeVersion: string;
  kernelVersion: string;
  kubeProxyVersion: string;
  kubeletVersion: string;
  machineID: string;
  operatingSystem: string;
  osImage: string;
  swap?: NodeSwapStatus;
  systemUUID: string;
}

export interface NonResourceAttributes {
  path?: string;
  verb?: string;
}

export interface NonResourcePolicyRule {
  nonResourceURLs: string[];
  verbs: string[];
}

export interface NonResourceRule {
  nonResourceURLs?: string[];
  verbs: string[];
}

export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}

export interface ObjectMetricSource {
  describedObject: CrossVersionObjectReference;
  metric: MetricIdentifier;
  target: MetricTarget;
}

export interface ObjectMetricStatus {
  current: MetricValueStatus;
  describedObject: CrossVersionObjectReference;
  metric: MetricIdentifier;
}

/** Names one object. */
export interface ObjectReference {
  /** Its group and version. */
  apiVersion?: string;
  /** A part of it, such as spec.containers{web}. */
  fieldPath?: string;
  /** Its kind. */
  kind?: string;
  /** Its name. */
  name?: string;
  /** Its namespace. */
  namespace?: string;
  /** The version that was seen. */
  resourceVersion?: string;
  /** Its uid. */
  uid?: string;
}

export interface Overhead {
  /** By resource. */
  podFixed?: Record<string, string>;
}

export interface ParamKind {
  apiVersion?: string;
  kind?: string;
}

export interface ParamRef {
  name?: string;
  namespace?: string;
  parameterNotFoundAction?: 'Allow' | 'Deny';
  selector?: LabelSelector;
}

export interface ParentReference {
  group?: string;
  name: string;
  namespace?: string;
  resource: string;
}

/** Storage of the cluster, which a claim can be bound to. */
export interface PersistentVolume {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What the storage is. */
  spec: PersistentVolumeSpec;
  /** How it stands with it. */
  status?: PersistentVolumeStatus;
}

export const PersistentVolume: Kind<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};

/** Asks for storage. */
export interface PersistentVolumeClaim {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What is asked for. */
  spec: PersistentVolumeClaimSpec;
  /** What was found. */
  status?: PersistentVolumeClaimStatus;
}

export const PersistentVolumeClaim: Kind<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};

export interface PersistentVolumeClaimCondition {
  lastProbeTime?: string;
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface PersistentVolumeClaimSpec {
  /** How it is to be mounted. */
  accessModes?: string[];
  /** What it is filled from: a snapshot or another claim. */
  dataSource?: TypedLocalObjectReference;
  /** What it is filled from, of any kind. */
  dataSourceRef?: TypedObjectReference;
  /** How much it should hold. */
  resources?: VolumeResourceRequirements;
  /** Volumes that it may be bound to, by their labels. */
  selector?: LabelSelector;
  /** Class that makes the volume; empty: none, absent: the default one. */
  storageClassName?: string;
  /** Class of the volume's changeable attributes. */
  volumeAttributesClassName?: string;
  /** A file system or a raw block device. */
  volumeMode?: string;
  /** The volume that it is bound to. */
  volumeName?: string;
}

export interface PersistentVolumeClaimStatus {
  /** How the volume can be mounted. */
  accessModes?: string[];
  /** How far growing it has come, by resource. */
  allocatedResourceStatuses?: Record<string, string>;
  /** What is set aside for it, while it grows and after. */
  allocatedResources?: Record<string, string>;
  /** How much the volume holds. */
  capacity?: Record<string, string>;
  /** How growing and changing go. */
  conditions?: PersistentVolumeClaimCondition[];
  /** Class whose attributes the volume has now. */
  currentVolumeAttributesClassName?: string;
  /** How changing the attributes goes. */
  modifyVolumeStatus?: ModifyVolumeStatus;
  /** Pending, Bound or Lost. */
  phase?: string;
}

export interface PersistentVolumeClaimTemplate {
  metadata?: Partial<ObjectMeta>;
  spec: PersistentVolumeClaimSpec;
}

export interface PersistentVolumeClaimVolumeSource {
  claimName: string;
  readOnly?: boolean;
}

export interface PersistentVolumeSpec {
  /** How it can be mounted. */
  accessModes?: ('ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOnce' | 'ReadWriteOncePod')[];
  /** A disk of AWS; the CSI driver serves it. */
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  /** A disk of Azure; the CSI driver serves it. */
  azureDisk?: AzureDiskVolumeSource;
  /** A file share of Azure; the CSI driver serves it. */
  azureFile?: AzureFilePersistentVolumeSource;
  /** How much it holds. */
  capacity?: Record<string, string>;
  /** A Ceph file system; no longer supported. */
  cephfs?: CephFSPersistentVolumeSource;
  /** A volume of OpenStack; the CSI driver serves it. */
  cinder?: CinderPersistentVolumeSource;
  /** The claim that it is bound to, or kept for. */
  claimRef?: ObjectReference;
  /** A volume that a CSI driver serves. */
  csi?: CSIPersistentVolumeSource;
  /** A Fibre Channel device. */
  fc?: FCVolumeSource;
  /** A volume of a plugin that is a program on the node; deprecated. */
  flexVolume?: FlexPersistentVolumeSource;
  /** A Flocker volume; no longer supported. */
  flocker?: FlockerVolumeSource;
  /** A disk of Google; the CSI driver serves it. */
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  /** A Gluster volume; no longer supported. */
  glusterfs?: GlusterfsPersistentVolumeSource;
  /** A folder of the node; for tests on one node. */
  hostPath?: HostPathVolumeSource;
  /** An iSCSI device. */
  iscsi?: ISCSIPersistentVolumeSource;
  /** A disk or folder of one node. */
  local?: LocalVolumeSource;
  /** Options of the mount. */
  mountOptions?: string[];
  /** An NFS export. */
  nfs?: NFSVolumeSource;
  /** Nodes that can reach it. */
  nodeAffinity?: VolumeNodeAffinity;
  /** What becomes of it when its claim has gone. */
  persistentVolumeReclaimPolicy?: 'Delete' | 'Recycle' | 'Retain';
  /** A Photon disk; no longer supported. */
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  /** A Portworx volume; the CSI driver serves it. */
  portworxVolume?: PortworxVolumeSource;
  /** A Quobyte volume; no longer supported. */
  quobyte?: QuobyteVolumeSource;
  /** A Ceph block device; no longer supported. */
  rbd?: RBDPersistentVolumeSource;
  /** A ScaleIO volume; no longer supported. */
  scaleIO?: ScaleIOPersistentVolumeSource;
  /** Class that it belongs to; empty: none. */
  storageClassName?: string;
  /** A StorageOS volume; no longer supported. */
  storageos?: StorageOSPersistentVolumeSource;
  /** Class of its changeable attributes. */
  volumeAttributesClassName?: string;
  /** A file system or a raw block device. */
  volumeMode?: 'Block' | 'Filesystem';
  /** A disk of vSphere; the CSI driver serves it. */
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
}

export interface PersistentVolumeStatus {
  /** When the phase changed last. */
  lastPhaseTransitionTime?: string;
  /** Why, for people. */
  message?: string;
  /** Pending, Available, Bound, Released or Failed. */
  phase?: string;
  /** Why, in one word. */
  reason?: string;
}

export interface PhotonPersistentDiskVolumeSource {
  fsType?: string;
  pdID: string;
}

/** Containers that run together on one node. */
export interface Pod {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run. */
  spec: PodSpec;
  /** What does run, as its node tells. */
  status?: PodStatus;
}

export const Pod: Kind<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

export interface PodAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  namespaceSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
}

export interface PodAntiAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

export interface PodCertificateProjection {
  certificateChainPath?: string;
  credentialBundlePath?: string;
  keyPath?: string;
  keyType: string;
  maxExpirationSeconds?: number;
  signerName: string;
  userAnnotations?: Record<string, string>;
}

export interface PodCondition {
  lastProbeTime?: string;
  lastTransitionTime?: string;
  message?: string;
  observedGeneration?: number;
  reason?: string;
  status: string;
  type: string;
}

export interface PodDNSConfig {
  nameservers?: string[];
  options?: PodDNSConfigOption[];
  searches?: string[];
}

export interface PodDNSConfigOption {
  name?: string;
  value?: string;
}

/** Bounds how many pods may be evicted at a time. */
export interface PodDisruptionBudget {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which pods, and how many. */
  spec: PodDisruptionBudgetSpec;
  /** How many may go now. */
  status?: PodDisruptionBudgetStatus;
}

export const PodDisruptionBudget: Kind<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};

export interface PodDisruptionBudgetSpec {
  /** Most pods that may be missing; a number or a percentage. */
  maxUnavailable?: number | string;
  /** Fewest pods that must stay; a number or a percentage. */
  minAvailable?: number | string;
  /** The pods; empty: all of the namespace. */
  selector?: LabelSelector;
  /** When pods that run but are not ready may be evicted. */
  unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget';
}

export interface PodDisruptionBudgetStatus {
  /** Whether evictions are allowed. */
  conditions?: Condition[];
  /** Pods that are ready. */
  currentHealthy: number;
  /** Fewest pods that must be ready. */
  desiredHealthy: number;
  /** Pods whose eviction was allowed and that are still there, and since when. */
  disruptedPods?: Record<string, string>;
  /** How many pods may be evicted now. */
  disruptionsAllowed: number;
  /** Pods that it counts. */
  expectedPods: number;
  /** The generation that this tells of. */
  observedGeneration?: number;
}

export interface PodExtendedResourceClaimStatus {
  requestMappings: ContainerExtendedResourceRequest[];
  resourceClaimName: string;
}

export interface PodFailurePolicy {
  rules: PodFailurePolicyRule[];
}

export interface PodFailurePolicyOnExitCodesRequirement {
  containerName?: string;
  operator: string;
  values: number[];
}

export interface PodFailurePolicyOnPodConditionsPattern {
  status?: string;
  type: string;
}

export interface PodFailurePolicyRule {
  action: string;
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement;
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[];
}

export interface PodIP {
  ip: string;
}

export interface PodOS {
  name: string;
}

export interface PodReadinessGate {
  conditionType: string;
}

export interface PodResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}

export interface PodResourceClaimStatus {
  name: string;
  resourceClaimName?: string;
}

export interface PodSchedulingGate {
  name: string;
}

export interface PodSecurityContext {
  appArmorProfile?: AppArmorProfile;
  fsGroup?: number;
  fsGroupChangePolicy?: 'Always' | 'OnRootMismatch';
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxChangePolicy?: string;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: 'Merge' | 'Strict';
  sysctls?: Sysctl[];
  windowsOptions?: WindowsSecurityContextOptions;
}

export interface PodSpec {
  /** After how long the pod has failed. */
  activeDeadlineSeconds?: number;
  /** Near what, and far from what, it should run. */
  affinity?: Affinity;
  /** Whether a token of its account is mounted. */
  automountServiceAccountToken?: boolean;
  /** What runs; at least one. */
  containers: Container[];
  /** Settings for resolving names. */
  dnsConfig?: PodDNSConfig;
  /** Who resolves names. */
  dnsPolicy?: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';
  /** Whether Services of the namespace appear in the environment. */
  enableServiceLinks?: boolean;
  /** Containers added to a running pod to look into it. */
  ephemeralContainers?: EphemeralContainer[];
  /** Further lines of its hosts file. */
  hostAliases?: HostAlias[];
  /** Shares inter-process communication of the node. */
  hostIPC?: boolean;
  /** Shares the network of the node. */
  hostNetwork?: boolean;
  /** Sees the processes of the node. */
  hostPID?: boolean;
  /** Shares the user ids of the node. */
  hostUsers?: boolean;
  /** Name inside the pod; its own by default. */
  hostname?: string;
  /** Name inside the pod, in full. */
  hostnameOverride?: string;
  /** Logins for registries. */
  imagePullSecrets?: LocalObjectReference[];
  /** What runs before, one after the other. */
  initContainers?: Container[];
  /** The node; given by the scheduler. */
  nodeName?: string;
  /** Labels that the node must have. */
  nodeSelector?: Record<string, string>;
  /** Operating system that it needs. */
  os?: PodOS;
  /** What running it costs beside its containers. */
  overhead?: Record<string, string>;
  /** Whether it may push out others. */
  preemptionPolicy?: 'Never' | 'PreemptLowerPriority';
  /** How much it matters; from its class. */
  priority?: number;
  /** Class that says how much it matters. */
  priorityClassName?: string;
  /** Conditions that others must set before it is ready. */
  readinessGates?: PodReadinessGate[];
  /** Devices that it needs. */
  resourceClaims?: PodResourceClaim[];
  /** What all its containers together need and may use. */
  resources?: ResourceRequirements;
  /** When containers that ended are started again. */
  restartPolicy?: 'Always' | 'Never' | 'OnFailure';
  /** Which runtime runs it. */
  runtimeClassName?: string;
  /** Who finds it a node. */
  schedulerName?: string;
  /** What holds it back from being scheduled. */
  schedulingGates?: PodSchedulingGate[];
  /** Users, groups and rights of all its containers. */
  securityContext?: PodSecurityContext;
  /** Older name of serviceAccountName. */
  serviceAccount?: string;
  /** Account it acts as. */
  serviceAccountName?: string;
  /** Its host name is the full one. */
  setHostnameAsFQDN?: boolean;
  /** Containers see the processes of each other. */
  shareProcessNamespace?: boolean;
  /** Domain that its host name is in. */
  subdomain?: string;
  /** How long it may take to stop. */
  terminationGracePeriodSeconds?: number;
  /** Taints that do not keep it away. */
  tolerations?: Toleration[];
  /** How evenly it is spread over zones or nodes. */
  topologySpreadConstraints?: TopologySpreadConstraint[];
  /** What its containers can mount. */
  volumes?: Volume[];
  /** The group of pods that it is scheduled with. */
  workloadRef?: WorkloadReference;
}

export interface PodStatus {
  /** What its node has set aside for it. */
  allocatedResources?: Record<string, string>;
  /** Scheduled, initialised, ready. */
  conditions?: PodCondition[];
  /** How each container is. */
  containerStatuses?: ContainerStatus[];
  /** How each container added later is. */
  ephemeralContainerStatuses?: ContainerStatus[];
  /** The claim made for its extended resources. */
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus;
  /** Address of its node. */
  hostIP?: string;
  /** The same, one of each family. */
  hostIPs?: HostIP[];
  /** How each init container is. */
  initContainerStatuses?: ContainerStatus[];
  /** Why it is as it is, for people. */
  message?: string;
  /** Node that is being cleared for it. */
  nominatedNodeName?: string;
  /** Generation that this status speaks of. */
  observedGeneration?: number;
  /** Pending, Running, Succeeded, Failed or Unknown. */
  phase?: string;
  /** Its address. */
  podIP?: string;
  /** The same, one of each family. */
  podIPs?: PodIP[];
  /** How soon it is evicted: BestEffort, Burstable, Guaranteed. */
  qosClass?: string;
  /** Why it is as it is, for machines. */
  reason?: string;
  /** How far a change of its resources is. */
  resize?: string;
  /** The claims made for it. */
  resourceClaimStatuses?: PodResourceClaimStatus[];
  /** What all its containers together have. */
  resources?: ResourceRequirements;
  /** When its node took it. */
  startTime?: string;
}

/** A template of pods, kept by itself. */
export interface PodTemplate {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The template. */
  template?: PodTemplateSpec;
}

export const PodTemplate: Kind<PodTemplate> = { group: '', version: 'v1', kind: 'PodTemplate', plural: 'podtemplates', namespaced: true };

/** A pod to be made. */
export interface PodTemplateSpec {
  /** Labels and annotations of its pods. */
  metadata?: Partial<ObjectMeta>;
  /** What should run. */
  spec?: PodSpec;
}

export interface PodsMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}

export interface PodsMetricStatus {
  current: MetricValueStatus;
  metric: MetricIdentifier;
}

export interface PolicyRule {
  apiGroups?: string[];
  nonResourceURLs?: string[];
  resourceNames?: string[];
  resources?: string[];
  verbs: string[];
}

export interface PolicyRulesWithSubjects {
  nonResourceRules?: NonResourcePolicyRule[];
  resourceRules?: ResourcePolicyRule[];
  subjects: FlowcontrolSubject[];
}

export interface PortStatus {
  error?: string;
  port: number;
  protocol: string;
}

export interface PortworxVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  volumeID: string;
}

export interface Preconditions {
  resourceVersion?: string;
  uid?: string;
}

export interface PreferredSchedulingTerm {
  preference: NodeSelectorTerm;
  weight: number;
}

/** How important pods are. */
export interface PriorityClass {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** When to use it. */
  description?: string;
  /** Pods that name no class have this one. */
  globalDefault?: boolean;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Whether its pods may push others out. */
  preemptionPolicy?: 'Never' | 'PreemptLowerPriority';
  /** More is more important. */
  value: number;
}

export const PriorityClass: Kind<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
};

/** A share of the requests that can be served at a time. */
export interface PriorityLevelConfiguration {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** How big, and what happens beyond it. */
  spec: PriorityLevelConfigurationSpec;
  /** How it stands with it. */
  status?: PriorityLevelConfigurationStatus;
}

export const PriorityLevelConfiguration: Kind<PriorityLevelConfiguration> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
};

export interface PriorityLevelConfigurationCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status?: string;
  type?: string;
}

export interface PriorityLevelConfigurationReference {
  name: string;
}

export interface PriorityLevelConfigurationSpec {
  /** Shares of a level without bounds. */
  exempt?: ExemptPriorityLevelConfiguration;
  /** Bounds of a level with bounds. */
  limited?: LimitedPriorityLevelConfiguration;
  /** Exempt or Limited. */
  type: string;
}

export interface PriorityLevelConfigurationStatus {
  /** How it stands with it. */
  conditions?: PriorityLevelConfigurationCondition[];
}

export interface Probe {
  exec?: ExecAction;
  failureThreshold?: number;
  grpc?: GRPCAction;
  httpGet?: HTTPGetAction;
  initialDelaySeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  tcpSocket?: TCPSocketAction;
  terminationGracePeriodSeconds?: number;
  timeoutSeconds?: number;
}

export interface ProjectedVolumeSource {
  defaultMode?: number;
  sources?: VolumeProjection[];
}

export interface QueuingConfiguration {
  handSize?: number;
  queueLengthLimit?: number;
  queues?: number;
}

export interface QuobyteVolumeSource {
  group?: string;
  readOnly?: boolean;
  registry: string;
  tenant?: string;
  user?: string;
  volume: string;
}

export interface RBDPersistentVolumeSource {
  fsType?: string;
  image: string;
  keyring?: string;
  monitors: string[];
  pool?: string;
  readOnly?: boolean;
  secretRef?: SecretReference;
  user?: string;
}

export interface RBDVolumeSource {
  fsType?: string;
  image: string;
  keyring?: string;
  monitors: string[];
  pool?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  user?: string;
}

/** Keeps a number of equal pods running. */
export interface ReplicaSet {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** How many pods should run, and which. */
  spec: ReplicaSetSpec;
  /** How many do. */
  status?: ReplicaSetStatus;
}

export const ReplicaSet: Kind<ReplicaSet> = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets', namespaced: true };

export interface ReplicaSetCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface ReplicaSetSpec {
  /** How long a new pod must be ready to count as available. */
  minReadySeconds?: number;
  /** How many pods should run. */
  replicas?: number;
  /** Finds the pods; must match the labels of the template and never changes. */
  selector: LabelSelector;
  /** The pod to run. */
  template?: PodTemplateSpec;
}

export interface ReplicaSetStatus {
  /** Pods that were ready for long enough. */
  availableReplicas?: number;
  /** ReplicaFailure when pods cannot be made or removed. */
  conditions?: ReplicaSetCondition[];
  /** Pods with all labels of the template. */
  fullyLabeledReplicas?: number;
  /** Generation that this status speaks of. */
  observedGeneration?: number;
  /** Pods that are ready. */
  readyReplicas?: number;
  /** Pods in all. */
  replicas: number;
  /** Pods that are on their way out. */
  terminatingReplicas?: number;
}

/** Keeps a number of pods running; Deployments have taken over. */
export interface ReplicationController {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run. */
  spec: ReplicationControllerSpec;
  /** What does run. */
  status?: ReplicationControllerStatus;
}

export const ReplicationController: Kind<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  namespaced: true,
};

export interface ReplicationControllerCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface ReplicationControllerSpec {
  /** How long a new pod must be ready to count as available. */
  minReadySeconds?: number;
  /** How many pods should run. */
  replicas?: number;
  /** Labels of its pods; those of the template unless given. */
  selector?: Record<string, string>;
  /** The pod to run. */
  template?: PodTemplateSpec;
}

export interface ReplicationControllerStatus {
  /** Pods that are ready for long enough. */
  availableReplicas?: number;
  /** What hinders it. */
  conditions?: ReplicationControllerCondition[];
  /** Pods with all labels of the template. */
  fullyLabeledReplicas?: number;
  /** The generation that this tells of. */
  observedGeneration?: number;
  /** Pods that are ready. */
  readyReplicas?: number;
  /** Pods that there are. */
  replicas: number;
}

export interface ResourceAttributes {
  fieldSelector?: FieldSelectorAttributes;
  group?: string;
  labelSelector?: LabelSelectorAttributes;
  name?: string;
  namespace?: string;
  resource?: string;
  subresource?: string;
  verb?: string;
  version?: string;
}

export interface ResourceClaim {
  name: string;
  request?: string;
}

export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: string;
  resource: string;
}

export interface ResourceHealth {
  health?: string;
  resourceID: string;
}

export interface ResourceMetricSource {
  name: string;
  target: MetricTarget;
}

export interface ResourceMetricStatus {
  current: MetricValueStatus;
  name: string;
}

export interface ResourcePolicyRule {
  apiGroups: string[];
  clusterScope?: boolean;
  namespaces?: string[];
  resources: string[];
  verbs: string[];
}

/** Bounds what a namespace may hold and ask for in all. */
export interface ResourceQuota {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The bounds. */
  spec: ResourceQuotaSpec;
  /** The bounds in force, and what is used of them. */
  status?: ResourceQuotaStatus;
}

export const ResourceQuota: Kind<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};

export interface ResourceQuotaSpec {
  /** Most of each resource. */
  hard?: Record<string, string>;
  /** Counts only objects in these scopes, by expressions. */
  scopeSelector?: ScopeSelector;
  /** Counts only objects in all of these scopes. */
  scopes?: string[];
}

export interface ResourceQuotaStatus {
  /** Bounds in force. */
  hard?: Record<string, string>;
  /** What is used of each. */
  used?: Record<string, string>;
}

export interface ResourceRequirements {
  claims?: ResourceClaim[];
  limits?: Record<string, string>;
  requests?: Record<string, string>;
}

export interface ResourceRule {
  apiGroups?: string[];
  resourceNames?: string[];
  resources?: string[];
  verbs: string[];
}

export interface ResourceStatus {
  name: string;
  resources?: ResourceHealth[];
}

/** Why it was applied. */
export interface RevisionCause {
  /** What started it. */
  type: 'commit' | 'rollback' | 'apply' | 'drift' | 'approve';
  /** Who started it. */
  by?: string;
  /** One sentence for people. */
  message?: string;
}

/** Where it came from. */
export interface RevisionSource {
  /** URL or path, without credentials. */
  repo: string;
  /** Folder inside it. */
  path?: string;
}

/** Steps of the plan by action. */
export interface RevisionSummary {
  /** Steps that create. */
  create?: number;
  /** Steps that change. */
  configure?: number;
  /** Steps that delete and create again. */
  recreate?: number;
  /** Steps that change nothing. */
  unchanged?: number;
  /** Steps that delete. */
  prune?: number;
  /** Steps that were left out. */
  skip?: number;
  /** Steps that could not be taken. */
  blocked?: number;
}

/** What may be done in one namespace. */
export interface Role {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What may be done. */
  rules?: PolicyRule[];
}

export const Role: Kind<Role> = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', plural: 'roles', namespaced: true };

/** Gives a role to subjects, in one namespace. */
export interface RoleBinding {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The role; never changes. */
  roleRef: RoleRef;
  /** Who gets it. */
  subjects?: Subject[];
}

export const RoleBinding: Kind<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
};

export interface RoleRef {
  /** Group of the role. */
  apiGroup: string;
  /** Role or ClusterRole. */
  kind: 'Role' | 'ClusterRole';
  /** Its name. */
  name: string;
}

export interface RollingUpdateDaemonSet {
  maxSurge?: number | string;
  maxUnavailable?: number | string;
}

export interface RollingUpdateDeployment {
  maxSurge?: number | string;
  maxUnavailable?: number | string;
}

export interface RollingUpdateStatefulSetStrategy {
  maxUnavailable?: number | string;
  partition?: number;
}

export interface RuleWithOperations {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[];
  resources?: string[];
  scope?: '*' | 'Cluster' | 'Namespaced';
}

/** A way of running containers. */
export interface RuntimeClass {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** Name of it in the settings of the node. */
  handler: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What a pod takes beyond its containers. */
  overhead?: Overhead;
  /** Nodes that can do it. */
  scheduling?: Scheduling;
}

export const RuntimeClass: Kind<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
};

export interface SELinuxOptions {
  level?: string;
  role?: string;
  type?: string;
  user?: string;
}

export interface Scale {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ScaleSpec;
  status?: ScaleStatus;
}

export interface ScaleIOPersistentVolumeSource {
  fsType?: string;
  gateway: string;
  protectionDomain?: string;
  readOnly?: boolean;
  secretRef: SecretReference;
  sslEnabled?: boolean;
  storageMode?: string;
  storagePool?: string;
  system: string;
  volumeName?: string;
}

export interface ScaleIOVolumeSource {
  fsType?: string;
  gateway: string;
  protectionDomain?: string;
  readOnly?: boolean;
  secretRef: LocalObjectReference;
  sslEnabled?: boolean;
  storageMode?: string;
  storagePool?: string;
  system: string;
  volumeName?: string;
}

export interface ScaleSpec {
  replicas?: number;
}

export interface ScaleStatus {
  replicas: number;
  selector?: string;
}

export interface Scheduling {
  /** Labels of the nodes. */
  nodeSelector?: Record<string, string>;
  /** Taints of the nodes that pods of it tolerate. */
  tolerations?: Toleration[];
}

export interface ScopeSelector {
  matchExpressions?: ScopedResourceSelectorRequirement[];
}

export interface ScopedResourceSelectorRequirement {
  operator: string;
  scopeName: string;
  values?: string[];
}

export interface SeccompProfile {
  localhostProfile?: string;
  type: string;
}

/** Confidential data that pods read. */
export interface Secret {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** Bytes by key, in base64. */
  data?: Record<string, string>;
  /** Content never changes while true. */
  immutable?: boolean;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Text by key; on writing it goes into data, and it is never read. */
  stringData?: Record<string, string>;
  /** What it is for; never changes. */
  type?: string;
}

export const Secret: Kind<Secret> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

export interface SecretEnvSource {
  name?: string;
  optional?: boolean;
}

export interface SecretKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}

export interface SecretProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}

export interface SecretReference {
  name?: string;
  namespace?: string;
}

export interface SecretVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  optional?: boolean;
  secretName?: string;
}

export interface SecurityContext {
  allowPrivilegeEscalation?: boolean;
  appArmorProfile?: AppArmorProfile;
  capabilities?: Capabilities;
  privileged?: boolean;
  procMount?: string;
  readOnlyRootFilesystem?: boolean;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  windowsOptions?: WindowsSecurityContextOptions;
}

export interface SelectableField {
  jsonPath: string;
}

/** Asks whether one may do something. */
export interface SelfSubjectAccessReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What. */
  spec: SelfSubjectAccessReviewSpec;
  /** The answer. */
  status?: SubjectAccessReviewStatus;
}

export const SelfSubjectAccessReview: Kind<SelfSubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
};

export interface SelfSubjectAccessReviewSpec {
  /** What is to be done, for a path. */
  nonResourceAttributes?: NonResourceAttributes;
  /** What is to be done, for a resource. */
  resourceAttributes?: ResourceAttributes;
}

/** Asks who one is. */
export interface SelfSubjectReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The answer. */
  status?: SelfSubjectReviewStatus;
}

export const SelfSubjectReview: Kind<SelfSubjectReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};

export interface SelfSubjectReviewStatus {
  /** Who one is. */
  userInfo?: UserInfo;
}

/** Asks what one may do in a namespace. */
export interface SelfSubjectRulesReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which namespace. */
  spec: SelfSubjectRulesReviewSpec;
  /** The answer. */
  status?: SubjectRulesReviewStatus;
}

export const SelfSubjectRulesReview: Kind<SelfSubjectRulesReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
};

export interface SelfSubjectRulesReviewSpec {
  /** The namespace. */
  namespace?: string;
}

/** One address for many pods. */
export interface Service {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which pods, and how they are reached. */
  spec: ServiceSpec;
  /** What a load balancer has given it. */
  status?: ServiceStatus;
}

export const Service: Kind<Service> = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };

/** Who pods are to the API. */
export interface ServiceAccount {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** Whether pods get a token. */
  automountServiceAccountToken?: boolean;
  /** Logins for registries that its pods get. */
  imagePullSecrets?: LocalObjectReference[];
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Secrets that its pods may use. */
  secrets?: ObjectReference[];
}

export const ServiceAccount: Kind<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

export interface ServiceAccountSubject {
  name: string;
  namespace: string;
}

export interface ServiceAccountTokenProjection {
  audience?: string;
  expirationSeconds?: number;
  path: string;
}

export interface ServiceBackendPort {
  name?: string;
  number?: number;
}

/** Ranges that Services get their addresses from. */
export interface ServiceCIDR {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The ranges. */
  spec: ServiceCIDRSpec;
  /** Whether they can be used. */
  status?: ServiceCIDRStatus;
}

export const ServiceCIDR: Kind<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
};

export interface ServiceCIDRSpec {
  /** One range, or one of each address family. */
  cidrs?: string[];
}

export interface ServiceCIDRStatus {
  /** Whether it is ready. */
  conditions?: Condition[];
}

export interface ServicePort {
  appProtocol?: string;
  name?: string;
  nodePort?: number;
  port: number;
  protocol?: 'SCTP' | 'TCP' | 'UDP';
  targetPort?: number | string;
}

export interface ServiceReference {
  name: string;
  namespace: string;
  path?: string;
  port?: number;
}

export interface ServiceSpec {
  /** Whether a LoadBalancer gets node ports. */
  allocateLoadBalancerNodePorts?: boolean;
  /** Its address; None for none, empty to be given one. */
  clusterIP?: string;
  /** The same, one of each family. */
  clusterIPs?: string[];
  /** Further addresses, routed by others. */
  externalIPs?: string[];
  /** Name that it stands for, of type ExternalName. */
  externalName?: string;
  /** Whether traffic from outside stays on the node it came to. */
  externalTrafficPolicy?: 'Cluster' | 'Local';
  /** Port for load balancers to ask which nodes have pods. */
  healthCheckNodePort?: number;
  /** Whether traffic from inside stays on its node. */
  internalTrafficPolicy?: 'Cluster' | 'Local';
  /** IPv4, IPv6. */
  ipFamilies?: string[];
  /** One family or both. */
  ipFamilyPolicy?: 'PreferDualStack' | 'RequireDualStack' | 'SingleStack';
  /** Which load balancer. */
  loadBalancerClass?: string;
  /** Not used any more. */
  loadBalancerIP?: string;
  /** Who may come in by the load balancer. */
  loadBalancerSourceRanges?: string[];
  /** Ports that it has. */
  ports?: ServicePort[];
  /** Also pods that are not ready. */
  publishNotReadyAddresses?: boolean;
  /** Labels of its pods; none when others keep its endpoints. */
  selector?: Record<string, string>;
  /** ClientIP sends one client to one pod. */
  sessionAffinity?: 'ClientIP' | 'None';
  /** For how long. */
  sessionAffinityConfig?: SessionAffinityConfig;
  /** Which pods are preferred, such as near ones. */
  trafficDistribution?: string;
  /** ClusterIP, NodePort, LoadBalancer or ExternalName. */
  type?: 'ClusterIP' | 'ExternalName' | 'LoadBalancer' | 'NodePort';
}

export interface ServiceStatus {
  /** How it is. */
  conditions?: Condition[];
  /** Where the load balancer listens. */
  loadBalancer?: LoadBalancerStatus;
}

export interface SessionAffinityConfig {
  clientIP?: ClientIPConfig;
}

export interface SleepAction {
  seconds: number;
}

/** Runs pods with names, an order and storage of their own. */
export interface StatefulSet {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** What should run. */
  spec: StatefulSetSpec;
  /** What does run. */
  status?: StatefulSetStatus;
}

export const StatefulSet: Kind<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  namespaced: true,
};

export interface StatefulSetCondition {
  lastTransitionTime?: string;
  message?: string;
  reason?: string;
  status: string;
  type: string;
}

export interface StatefulSetOrdinals {
  start?: number;
}

export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: 'Retain' | 'Delete';
  whenScaled?: 'Retain' | 'Delete';
}

export interface StatefulSetSpec {
  /** How long a new pod must be ready to count as available. */
  minReadySeconds?: number;
  /** Where the numbers of the pods begin. */
  ordinals?: StatefulSetOrdinals;
  /** What becomes of the claims when the set goes or shrinks. */
  persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy;
  /** One pod after the other, or all at once. */
  podManagementPolicy?: string;
  /** How many pods should run. */
  replicas?: number;
  /** How many old revisions are kept to go back to. */
  revisionHistoryLimit?: number;
  /** Finds the pods; must match the labels of the template and never changes. */
  selector: LabelSelector;
  /** The headless Service that gives the pods their names. */
  serviceName?: string;
  /** The pod to run. */
  template: PodTemplateSpec;
  /** How old pods are replaced by new ones. */
  updateStrategy?: StatefulSetUpdateStrategy;
  /** Claims that each pod gets for itself. */
  volumeClaimTemplates?: PersistentVolumeClaim[];
}

export interface StatefulSetStatus {
  /** Pods that are ready for long enough. */
  availableReplicas?: number;
  /** How often the name of a revision was taken. */
  collisionCount?: number;
  /** What hinders it. */
  conditions?: StatefulSetCondition[];
  /** Pods of the current revision. */
  currentReplicas?: number;
  /** The revision that pods are replaced from. */
  currentRevision?: string;
  /** The generation that this tells of. */
  observedGeneration?: number;
  /** Pods that are ready. */
  readyReplicas?: number;
  /** Pods that there are. */
  replicas: number;
  /** The revision that pods are replaced by. */
  updateRevision?: string;
  /** Pods of the newest revision. */
  updatedReplicas?: number;
}

export interface StatefulSetUpdateStrategy {
  rollingUpdate?: RollingUpdateStatefulSetStrategy;
  type?: string;
}

/** A kind of storage, and who makes it. */
export interface StorageClass {
  /** Whether claims may grow. */
  allowVolumeExpansion?: boolean;
  /** Where volumes may be made. */
  allowedTopologies?: TopologySelectorTerm[];
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Options of each mount. */
  mountOptions?: string[];
  /** Settings for who makes it. */
  parameters?: Record<string, string>;
  /** Who makes it. */
  provisioner: string;
  /** What becomes of a volume when its claim has gone. */
  reclaimPolicy?: 'Delete' | 'Retain';
  /** Whether a volume is made at once or for the first pod. */
  volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer';
}

export const StorageClass: Kind<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};

export interface StorageOSPersistentVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: ObjectReference;
  volumeName?: string;
  volumeNamespace?: string;
}

export interface StorageOSVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeName?: string;
  volumeNamespace?: string;
}

export interface StorageTokenRequest {
  audience: string;
  expirationSeconds?: number;
}

export interface Subject {
  apiGroup?: string;
  kind: 'ServiceAccount' | 'User' | 'Group';
  name: string;
  namespace?: string;
}

/** Asks whether somebody may do something. */
export interface SubjectAccessReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Who, and what. */
  spec: SubjectAccessReviewSpec;
  /** The answer. */
  status?: SubjectAccessReviewStatus;
}

export const SubjectAccessReview: Kind<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

export interface SubjectAccessReviewSpec {
  /** More about who it is. */
  extra?: Record<string, string[]>;
  /** Groups of who it is. */
  groups?: string[];
  /** What is to be done, for a path. */
  nonResourceAttributes?: NonResourceAttributes;
  /** What is to be done, for a resource. */
  resourceAttributes?: ResourceAttributes;
  /** Which user of that name. */
  uid?: string;
  /** Who it is. */
  user?: string;
}

export interface SubjectAccessReviewStatus {
  /** Whether it is allowed. */
  allowed: boolean;
  /** Whether it is forbidden, whatever others say. */
  denied?: boolean;
  /** What went wrong in finding out. */
  evaluationError?: string;
  /** Why. */
  reason?: string;
}

export interface SubjectRulesReviewStatus {
  /** What went wrong in finding out. */
  evaluationError?: string;
  /** Whether there may be more. */
  incomplete: boolean;
  /** What one may do, for paths. */
  nonResourceRules: NonResourceRule[];
  /** What one may do, for resources. */
  resourceRules: ResourceRule[];
}

export interface SuccessPolicy {
  rules: SuccessPolicyRule[];
}

export interface SuccessPolicyRule {
  succeededCount?: number;
  succeededIndexes?: string;
}

export interface Sysctl {
  name: string;
  value: string;
}

export interface TCPSocketAction {
  host?: string;
  port: number | string;
}

export interface Taint {
  effect: 'NoExecute' | 'NoSchedule' | 'PreferNoSchedule';
  key: string;
  timeAdded?: string;
  value?: string;
}

export interface TokenRequest {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: TokenRequestSpec;
  status?: TokenRequestStatus;
}

export interface TokenRequestSpec {
  audiences: string[];
  boundObjectRef?: BoundObjectReference;
  expirationSeconds?: number;
}

export interface TokenRequestStatus {
  expirationTimestamp: string;
  token: string;
}

/** Asks whose a token is. */
export interface TokenReview {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The token. */
  spec: TokenReviewSpec;
  /** The answer. */
  status?: TokenReviewStatus;
}

export const TokenReview: Kind<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};

export interface TokenReviewSpec {
  /** Whom the token should be good for. */
  audiences?: string[];
  /** The token. */
  token?: string;
}

export interface TokenReviewStatus {
  /** Whom of those it is good for. */
  audiences?: string[];
  /** Whether it is good. */
  authenticated?: boolean;
  /** Why it could not be checked. */
  error?: string;
  /** Whose it is. */
  user?: UserInfo;
}

export interface Toleration {
  effect?: 'NoExecute' | 'NoSchedule' | 'PreferNoSchedule';
  key?: string;
  operator?: 'Equal' | 'Exists';
  tolerationSeconds?: number;
  value?: string;
}

export interface TopologySelectorLabelRequirement {
  key: string;
  values: string[];
}

export interface TopologySelectorTerm {
  matchLabelExpressions?: TopologySelectorLabelRequirement[];
}

export interface TopologySpreadConstraint {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  maxSkew: number;
  minDomains?: number;
  nodeAffinityPolicy?: 'Honor' | 'Ignore';
  nodeTaintsPolicy?: 'Honor' | 'Ignore';
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
}

export interface TypeChecking {
  expressionWarnings?: ExpressionWarning[];
}

export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface TypedObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

export interface UncountedTerminatedPods {
  failed?: string[];
  succeeded?: string[];
}

export interface UserInfo {
  extra?: Record<string, string[]>;
  groups?: string[];
  uid?: string;
  username?: string;
}

export interface UserSubject {
  name: string;
}

/** Expressions that judge writes. */
export interface ValidatingAdmissionPolicy {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which writes, and the expressions. */
  spec: ValidatingAdmissionPolicySpec;
  /** What is wrong with the expressions. */
  status?: ValidatingAdmissionPolicyStatus;
}

export const ValidatingAdmissionPolicy: Kind<ValidatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  namespaced: false,
};

/** Puts a ValidatingAdmissionPolicy in force. */
export interface ValidatingAdmissionPolicyBinding {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which policy, where, with which settings. */
  spec: ValidatingAdmissionPolicyBindingSpec;
}

export const ValidatingAdmissionPolicyBinding: Kind<ValidatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
};

export interface ValidatingAdmissionPolicyBindingSpec {
  /** Judges only these of the policy's writes. */
  matchResources?: MatchResources;
  /** The object with the settings. */
  paramRef?: ParamRef;
  /** The policy. */
  policyName?: string;
  /** What happens when an expression does not hold. */
  validationActions?: ('Audit' | 'Deny' | 'Warn')[];
}

export interface ValidatingAdmissionPolicySpec {
  /** What is added to the audit log. */
  auditAnnotations?: AuditAnnotation[];
  /** Whether a write passes when an expression fails. */
  failurePolicy?: 'Fail' | 'Ignore';
  /** Expressions that must hold for a write to be judged. */
  matchConditions?: MatchCondition[];
  /** Writes that are judged. */
  matchConstraints?: MatchResources;
  /** Kind of the objects that hold its settings. */
  paramKind?: ParamKind;
  /** The expressions that must hold. */
  validations?: Validation[];
  /** Expressions by name, for use in the others. */
  variables?: Variable[];
}

export interface ValidatingAdmissionPolicyStatus {
  /** How it stands with it. */
  conditions?: Condition[];
  /** The generation that this tells of. */
  observedGeneration?: number;
  /** What is wrong with the types. */
  typeChecking?: TypeChecking;
}

export interface ValidatingWebhook {
  admissionReviewVersions: string[];
  clientConfig: AdmissionregistrationWebhookClientConfig;
  failurePolicy?: 'Fail' | 'Ignore';
  matchConditions?: MatchCondition[];
  matchPolicy?: 'Equivalent' | 'Exact';
  name: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  rules?: RuleWithOperations[];
  sideEffects: 'None' | 'NoneOnDryRun';
  timeoutSeconds?: number;
}

/** Services that are asked about writes, and may refuse them. */
export interface ValidatingWebhookConfiguration {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Whom, about what. */
  webhooks?: ValidatingWebhook[];
}

export const ValidatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
};

export interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: 'Forbidden' | 'Invalid' | 'RequestEntityTooLarge' | 'Unauthorized';
}

export interface ValidationRule {
  fieldPath?: string;
  message?: string;
  messageExpression?: string;
  optionalOldSelf?: boolean;
  reason?: string;
  rule: string;
}

export interface Variable {
  expression: string;
  name: string;
}

export interface Volume {
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  azureFile?: AzureFileVolumeSource;
  cephfs?: CephFSVolumeSource;
  cinder?: CinderVolumeSource;
  configMap?: ConfigMapVolumeSource;
  csi?: CSIVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  emptyDir?: EmptyDirVolumeSource;
  ephemeral?: EphemeralVolumeSource;
  fc?: FCVolumeSource;
  flexVolume?: FlexVolumeSource;
  flocker?: FlockerVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  gitRepo?: GitRepoVolumeSource;
  glusterfs?: GlusterfsVolumeSource;
  hostPath?: HostPathVolumeSource;
  image?: ImageVolumeSource;
  iscsi?: ISCSIVolumeSource;
  name: string;
  nfs?: NFSVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  projected?: ProjectedVolumeSource;
  quobyte?: QuobyteVolumeSource;
  rbd?: RBDVolumeSource;
  scaleIO?: ScaleIOVolumeSource;
  secret?: SecretVolumeSource;
  storageos?: StorageOSVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
}

/** Attaches a volume to a node. */
export interface VolumeAttachment {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** Which volume, which node. */
  spec: VolumeAttachmentSpec;
  /** Whether it is attached. */
  status?: VolumeAttachmentStatus;
}

export const VolumeAttachment: Kind<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
};

export interface VolumeAttachmentSource {
  inlineVolumeSpec?: PersistentVolumeSpec;
  persistentVolumeName?: string;
}

export interface VolumeAttachmentSpec {
  /** The driver that does it. */
  attacher: string;
  /** The node. */
  nodeName: string;
  /** The volume. */
  source: VolumeAttachmentSource;
}

export interface VolumeAttachmentStatus {
  /** Why it could not be attached. */
  attachError?: VolumeError;
  /** Whether it is attached. */
  attached: boolean;
  /** What the driver wants to know again for mounting. */
  attachmentMetadata?: Record<string, string>;
  /** Why it could not be detached. */
  detachError?: VolumeError;
}

/** Attributes that volumes have and that can be changed. */
export interface VolumeAttributesClass {
  /** Group and version that it is written in. */
  apiVersion: string;
  /** The driver that they are for. */
  driverName: string;
  /** What it is. */
  kind: string;
  /** Name, labels and the like. */
  metadata: ObjectMeta;
  /** The attributes. */
  parameters?: Record<string, string>;
}

export const VolumeAttributesClass: Kind<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  namespaced: false,
};

export interface VolumeDevice {
  devicePath: string;
  name: string;
}

export interface VolumeError {
  errorCode?: number;
  message?: string;
  time?: string;
}

export interface VolumeMount {
  mountPath: string;
  mountPropagation?: string;
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  subPath?: string;
  subPathExpr?: string;
}

export interface VolumeMountStatus {
  mountPath: string;
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
}

export interface VolumeNodeAffinity {
  required?: NodeSelector;
}

export interface VolumeNodeResources {
  count?: number;
}

export interface VolumeProjection {
  clusterTrustBundle?: ClusterTrustBundleProjection;
  configMap?: ConfigMapProjection;
  downwardAPI?: DownwardAPIProjection;
  podCertificate?: PodCertificateProjection;
  secret?: SecretProjection;
  serviceAccountToken?: ServiceAccountTokenProjection;
}

export interface VolumeResourceRequirements {
  limits?: Record<string, string>;
  requests?: Record<string, string>;
}

export interface VsphereVirtualDiskVolumeSource {
  fsType?: string;
  storagePolicyID?: string;
  storagePolicyName?: string;
  volumePath: string;
}

export interface WebhookClientConfig {
  caBundle?: string;
  service?: ServiceReference;
  url?: string;
}

export interface WebhookConversion {
  clientConfig?: WebhookClientConfig;
  conversionReviewVersions: string[];
}

export interface WeightedPodAffinityTerm {
  podAffinityTerm: PodAffinityTerm;
  weight: number;
}

export interface WindowsSecurityContextOptions {
  gmsaCredentialSpec?: string;
  gmsaCredentialSpecName?: string;
  hostProcess?: boolean;
  runAsUserName?: string;
}

export interface WorkloadReference {
  name: string;
  podGroup: string;
  podGroupReplicaKey?: string;
}
