/* Generated from schemas/ by `npm run generate`; do not edit. */
export type { ExclusionDocument } from './exclusion.js';
export type { FederationDocument } from './federation.js';
export type { GroupDocument } from './group.js';
export type { GuardDocument } from './guard.js';
export type { LockDocument } from './lock.js';
export type { OwnershipDocument } from './ownership.js';
export type { PartitionDocument } from './partition.js';
export type { PlacementDocument } from './placement.js';
export type { PolicyTestDocument } from './policytest.js';
export type { RebalanceDocument } from './rebalance.js';
export type { RetentionDocument } from './retention.js';
export type { SelectorDocument } from './selector.js';
export type { SiteDocument } from './site.js';
export type { TenantDocument } from './tenant.js';
export type { WindowDocument } from './window.js';
export { schemas } from './schemas.js';
