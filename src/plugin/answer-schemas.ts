/** What answers of plugins must look like. Checked at the boundary: a plugin's types are only its author's promise. */
import { errorClasses } from './error.js';

const key = { type: 'string', minLength: 1 };

const failure = {
  type: 'object',
  properties: { class: { enum: errorClasses }, code: { type: 'string' }, message: { type: 'string', minLength: 1 } },
  required: ['class', 'code', 'message'],
};

const checksum = (digits: number) => ({
  anyOf: [{ type: 'null' }, { type: 'string', pattern: `^[0-9a-f]{${digits}}$` }],
});

const checksums = {
  type: 'object',
  properties: { adler32: checksum(8), md5: checksum(32), sha256: checksum(64) },
  required: ['adler32', 'md5', 'sha256'],
};

function answers(...variants: readonly Readonly<Record<string, unknown>>[]): object {
  return {
    type: 'array',
    items: {
      type: 'object',
      properties: { key },
      required: ['key', 'state'],
      oneOf: variants.map((properties) => ({ properties, required: Object.keys(properties) })),
    },
  };
}

const bytes = { type: 'number', minimum: 0 };

export const submitAnswers = answers(
  { state: { const: 'accepted' }, externalId: { type: ['string', 'null'], maxLength: 255 } },
  { state: { const: 'rejected' }, failure },
);

export const transferStatuses = answers(
  { state: { const: 'active' }, bytes: { type: ['number', 'null'], minimum: 0 } },
  { state: { const: 'done' }, size: bytes, checksums },
  { state: { const: 'failed' }, failure },
  { state: { const: 'unknown' } },
);

export const deleteAnswers = answers({ state: { const: 'accepted' } }, { state: { const: 'failed' }, failure });

export const absenceAnswers = answers(
  { state: { const: 'absent' } },
  { state: { const: 'present' } },
  { state: { const: 'failed' }, failure },
);
