/**
 * Other systems' policies as documents of ours. Pure: files come in as bytes and go out as texts; reading and writing is
 * done by the command line.
 */
export {
  type DynamoInput,
  type DynamoOptions,
  type DynamoResult,
  importDynamo,
} from './dynamo/import-dynamo.js';
export type { ImportReport, Outcome, ReportLine } from './dynamo/report.js';
export { reportJson, reportText } from './dynamo/report-text.js';
export type { OutputFile } from './dynamo/selector.js';
export type { InputFile } from './dynamo/source-text.js';
