import { Endpoints, Service } from '../../api/kinds.generated.ts';
import { anyKind } from '../rules.ts';
import type { KindFacts } from './index.ts';

export const network: readonly KindFacts[] = [
  anyKind<Endpoints>({ kind: Endpoints, createOnUpdate: true }),
  anyKind<Service>({ kind: Service, createOnUpdate: true }),
];
