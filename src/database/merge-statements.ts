/** The statements of a merge: what was written to staging tables goes into the inventory where it differs. */
import type { Dialect } from './connection.js';
import { type ImportTableName, importTableNames, tableOf } from './import-tables.js';

/** In the order in which they must run; the affected rows of all of them are what changed. */
export function mergeStatements(dialect: Dialect, staging: (table: ImportTableName) => string): string[] {
  return [
    ...importTableNames.flatMap((table) =>
      table === 'block_replica_files'
        ? mergeReplicaFiles(dialect, staging)
        : [...update(dialect, table, staging(table)), insert(table, staging(table))],
    ),
    outgrown(dialect, staging('blocks')),
  ];
}

/** Copies with fewer bytes than their block has now are complete no longer: no whole copy may go because of them (I1). */
function outgrown(dialect: Dialect, staging: string): string {
  const condition = 's.id = t.block and t.complete = 1 and t.size < s.size';
  return dialect === 'sqlite'
    ? `update block_replicas as t set complete = 0 from ${staging} s where ${condition}`
    : `update block_replicas t join ${staging} s on ${condition} set t.complete = 0`;
}

function update(dialect: Dialect, name: ImportTableName, staging: string): string[] {
  const table = tableOf(name);
  const changing = table.columns.filter((c) => !table.key.includes(c) && !(table.kept ?? []).includes(c));
  if (changing.length === 0) return [];
  const same = table.key.map((c) => `t.${c} = s.${c}`).join(' and ');
  if (dialect === 'sqlite') {
    return [
      `update ${name} as t set ${changing.map((c) => `${c} = s.${c}`).join(', ')} from ${staging} s
       where ${same} and (${changing.map((c) => `t.${c} is not s.${c}`).join(' or ')})`,
    ];
  }
  return [
    `update ${name} t join ${staging} s on ${same} set ${changing.map((c) => `t.${c} = s.${c}`).join(', ')}
     where not (${changing.map((c) => `t.${c} <=> s.${c}`).join(' and ')})`,
  ];
}

function insert(name: ImportTableName, staging: string): string {
  const { columns, key } = tableOf(name);
  return `insert into ${name} (${columns.join(', ')})
    select ${columns.map((c) => `s.${c}`).join(', ')} from ${staging} s
    left join ${name} t on ${key.map((c) => `t.${c} = s.${c}`).join(' and ')} where t.${key[0]} is null`;
}

/** What a replica row says of the files that are there replaces what was said before. */
function mergeReplicaFiles(dialect: Dialect, staging: (table: ImportTableName) => string): string[] {
  const name = 'block_replica_files';
  const target = dialect === 'sqlite' ? `delete from ${name} as t` : `delete t from ${name} t`;
  return [
    `${target} where exists
       (select 1 from ${staging('block_replicas')} r where r.block = t.block and r.site = t.site)
     and not exists
       (select 1 from ${staging(name)} s where s.block = t.block and s.site = t.site and s.name = t.name)`,
    insert(name, staging(name)),
  ];
}
