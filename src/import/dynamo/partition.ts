/** The file of partitions as Partitions. */
import { all } from './cel.js';
import type { PartitionsFile } from './partitions-file.js';
import type { Renderer } from './render.js';
import type { ReportBuilder } from './report.js';
import { comments, condition, head, singleQuoted, textList } from './yaml.js';

export function partitionsYaml(file: PartitionsFile, renderer: Renderer, report: ReportBuilder): string {
  const documents = file.partitions.map((line) => {
    const remarks = new Set<string>();
    const became = `Partition ${line.name}`;
    for (const comment of line.comments) report.carried(comment, `comment of ${became}`);
    let body: string;
    if (line.condition === null) body = textList('include', line.members, '  ');
    else {
      const place = { listName: `partition-${line.name}`, remarks };
      const limit = renderer.limit(line.condition.limit, place);
      body = condition('match', all([renderer.conjunction(line.condition, place), limit]), '  ');
    }
    report.carried(line.source, became, [...remarks]);
    const above = comments(
      line.comments.map(({ text }) => text),
      '',
    );
    return `${above}${head('Partition', line.name)}  description: ${singleQuoted(line.source.text)}\n${body}`;
  });
  for (const comment of file.footer) report.carried(comment, 'comment of the partitions');
  return (
    documents.join('---\n') +
    comments(
      file.footer.map(({ text }) => text),
      '',
    )
  );
}
