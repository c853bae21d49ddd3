/** What a proxy needs to know of every Service: plain data, so that it can be handed to another process. */
export interface ServiceTable {
  /** By namespace and name. */
  readonly services: readonly ServiceEntry[];
  /** Path of a unix socket by which endpoints that are not pods of the node are reached; absent where they are reached directly. */
  readonly gateway?: string;
}
export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  /** Cluster addresses; none for a headless Service. */
  readonly addresses: readonly string[];
  /** Addresses on which the machine answers for it: externalIPs. */
  readonly externalAddresses: readonly string[];
  /** The same of a load balancer, from its status. */
  readonly balancerAddresses: readonly string[];
  /** Ranges of the clients that may use `balancerAddresses`; absent: everybody. */
  readonly sourceRanges?: readonly string[];
  /** Where the name leads instead: ExternalName. */
  readonly externalName?: string;
  /** ClientIP affinity: how long a client stays with its endpoint. */
  readonly affinitySeconds?: number;
  /** Another proxy answers for it: only its names are served. */
  readonly elsewhere?: true;
  readonly ports: readonly ServicePortEntry[];
  /** Whom the name of a headless Service stands for, also where it has no ports. */
  readonly hosts: readonly ServiceHost[];
}
export interface ServicePortEntry {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
  readonly nodePort?: number;
  /** Stands for the cluster address and port where that cannot be listened on: a port of 127.0.0.1. */
  readonly loopbackPort?: number;
  /** Those that traffic from inside may go to, in a steady order. */
  readonly endpoints: readonly ServiceEndpoint[];
  /** Those that traffic from outside may go to: fewer where externalTrafficPolicy is Local. */
  readonly externalEndpoints: readonly ServiceEndpoint[];
}
export interface ServiceEndpoint {
  readonly address: string;
  readonly port: number;
  /** Of the pod, where it has one: `web-0` answers to `web-0.web.shop.svc`. */
  readonly hostname?: string;
  /** It is a pod of the node that the table was made for. */
  readonly here?: true;
}
export interface ServiceHost {
  readonly address: string;
  readonly hostname?: string;
}
