import { Endpoints, Service } from '../../api/kinds.generated.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const network: readonly KindFacts[] = [
  anyKind<Endpoints>({
    kind: Endpoints,
    createOnUpdate: true,
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  }),
  anyKind<Service>({ kind: Service, createOnUpdate: true }),
];
