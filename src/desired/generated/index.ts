/* Generated from schemas/ by `npm run generate`; do not edit. */
export type { FederationDocument } from './federation.js';
export type { GroupDocument } from './group.js';
export type { GuardDocument } from './guard.js';
export type { LockDocument } from './lock.js';
export type { PartitionDocument } from './partition.js';
export type { PlacementDocument } from './placement.js';
export type { RetentionDocument } from './retention.js';
export type { SelectorDocument } from './selector.js';
export type { SiteDocument } from './site.js';
export { schemas } from './schemas.js';
