/** A plan with more to say: what layers above find out about it is part of the document, and of its digest. */
import type { Diagnostic } from '../diagnostic.js';
import { Diagnoses } from './diagnoses.js';
import type { PlanResult } from './plan.js';
import { planDigest } from './plan-digest.js';

export function withDiagnostics(result: PlanResult, more: readonly Diagnostic[]): PlanResult {
  const { digest, ...document } = result.plan;
  const diagnostics = new Diagnoses().sorted([...document.diagnostics, ...more]);
  const fresh = planDigest({ ...document, diagnostics });
  // The digest keeps its place among the fields.
  return { ...result, plan: { ...result.plan, digest: fresh, diagnostics } };
}
