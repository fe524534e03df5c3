/** What every variable, operator and value of Dynamo's policies becomes: as it was meant, and as the program does it. */
import { describe, expect, test } from 'vitest';
import { importRule, type Surroundings } from './one-rule.js';

const both = (condition: string, decision = 'Protect', surroundings: Surroundings = {}): readonly [string, string] => {
  const line = `${decision} ${condition}`;
  return [importRule(line, surroundings).when, importRule(line, { ...surroundings, asObserved: true }).when];
};

describe('words that mean the same in both', () => {
  test.each([
    ['dataset.name == /A/B/C', 'dataset.name == "/A/B/C"'],
    ['dataset.status == VALID', 'dataset.status == "VALID"'],
    ['dataset.size > 1000000000000', 'dataset.size > byteSize("1TB")'],
    ['dataset.size < 1.5e12', 'dataset.size < byteSize("1.5TB")'],
    ['dataset.size > 1234567', 'dataset.size > 1234567'],
    ['dataset.last_update older_than 90 days ago', 'dataset.lastUpdate.olderThan("90d")'],
    ['dataset.last_access newer_than 1 week ago', 'dataset.lastAccess.newerThan("7d")'],
    ['dataset.on_tape == FULL', 'dataset.onTape == "FULL"'],
    ['dataset.num_full_disk_copy > 1', 'dataset.fullDiskCopies > 1'],
    ['dataset.usage_rank > 200', 'dataset.usageRank > 200'],
    ['dataset.demand_rank < 1.5', 'dataset.demand < 1.5'],
    ['dataset.release == CMSSW_*', 'dataset.labels.release.glob("CMSSW_*")'],
    ['dataset.tape_copy_requested', 'dataset.tapeRequested'],
    ['not dataset.unhandled_copy_exists', '!dataset.copyRequested'],
    ['dataset.is_latest_production_release', 'dataset.labels.latest_production_release == "true"'],
    ['not dataset.unknown_in_all_dbs', 'dataset.labels.unknown_in_all_dbs != "true"'],
    ['replica.num_access == 0', 'dataset.accesses == 0.0'],
    ['replica.size > 1', 'replica.size > 1'],
    ['replica.incomplete', '!replica.complete'],
    ['not replica.incomplete', 'replica.complete'],
    ['replica.first_block_created older_than 2 days ago', 'replica.firstBlock.olderThan("2d")'],
    ['replica.last_block_created newer_than 2 days ago', 'replica.lastBlock.newerThan("2d")'],
    ['replica.num_full_disk_copy_common_owner > 1', 'replica.fullDiskCopiesSameOwner > 1'],
    ['replica.num_full_other_copy_common_owner == 0', 'replica.otherFullCopiesSameOwner == 0'],
    ['site.name == T2_US_*', 'site.name.glob("T2_US_*")'],
    ['site.storage_type == MSS', 'site.storage == "tape"'],
    ['site.storage_type in [DISK BUFFER]', 'site.storage in ["disk", "buffer"]'],
    ['site.status == READY', 'site.state == "ready"'],
    ['site.status != WAITROOM', 'site.state != "down"'],
    ['site.status == MORGUE', 'site.state == "draining"'],
    // One condition on blocks is about any block.
    ['blockreplica.owner == AnalysisOps', '"AnalysisOps" in replica.owners'],
    ['blockreplica.owner == None', '"" in replica.owners'],
    ['blockreplica.owner != AnalysisOps', 'replica.owners.exists(o, o != "AnalysisOps")'],
    ['blockreplica.last_update older_than 60 days ago', 'replica.firstBlock.olderThan("60d")'],
    ['blockreplica.last_update newer_than 60 days ago', 'replica.lastBlock.newerThan("60d")'],
    ['blockreplica.is_locked', 'replica.locked'],
    ['not blockreplica.is_locked', 'replica.blocks.exists(b, !b.locked)'],
    ['blockreplica.on_tape', 'replica.blocks.exists(b, b.onTape)'],
    ['not blockreplica.on_tape', 'replica.blocks.exists(b, !b.onTape)'],
    ['blockreplica.is_last_transfer_source', 'replica.blocks.exists(b, b.lastSource)'],
  ])('%s', (condition, expected) => {
    expect(both(condition)).toEqual([expected, expected]);
    expect(importRule(`Protect ${condition}`).line.outcome).toBe('carried');
  });

  test.each([
    ['blockreplica.owner == AnalysisOps', 'block.owner == "AnalysisOps"'],
    ['blockreplica.owner in [None DataOps]', 'block.owner in ["", "DataOps"]'],
    ['blockreplica.last_update older_than 60 days ago', 'block.lastUpdate.olderThan("60d")'],
    ['blockreplica.is_locked', 'block.locked'],
    ['not blockreplica.on_tape', '!block.onTape'],
    ['blockreplica.is_last_transfer_source', 'block.lastSource'],
    ['dataset.status == INVALID', 'dataset.status == "INVALID"'],
  ])('a line about blocks asks the block: %s', (condition, expected) => {
    expect(both(condition, 'ProtectBlock')).toEqual([expected, expected]);
    expect(importRule(`ProtectBlock ${condition}`).rule.scope).toBe('block');
  });
});

describe('enumerations are numbers', () => {
  test.each([
    ['dataset.status > PRODUCTION', 'dataset.status in ["VALID", "IGNORED"]'],
    ['dataset.status < DEPRECATED', 'dataset.status in ["UNKNOWN", "DELETED"]'],
    ['dataset.status > VALID', 'dataset.status == "IGNORED"'],
    ['dataset.status > IGNORED', 'false'],
    ['dataset.status =~ VALID', 'dataset.status == "VALID"'],
    ['dataset.status !=~ VALID', 'dataset.status != "VALID"'],
    ['dataset.status notin [VALID PRODUCTION]', '!(dataset.status in ["VALID", "PRODUCTION"])'],
    ['dataset.on_tape > NONE', 'dataset.onTape in ["FULL", "PARTIAL"]'],
    ['dataset.on_tape < PARTIAL', 'dataset.onTape in ["NONE", "FULL"]'],
    ['dataset.on_tape older_than FULL', 'dataset.onTape == "NONE"'],
    ['site.status in [READY UNKNOWN]', 'site.state == "ready"'],
    ['site.status != UNKNOWN', 'true'],
    ['site.storage_type == UNKNOWN', 'false'],
  ])('%s', (condition, expected) => {
    expect(both(condition)).toEqual([expected, expected]);
  });

  test('a word that is no state of data on tape means FULL, and is told', () => {
    expect(both('dataset.on_tape == TAPE')).toEqual(['dataset.onTape == "FULL"', 'dataset.onTape == "FULL"']);
    expect(importRule('Protect dataset.on_tape == TAPE').line.remarks).toEqual([
      '`TAPE` is no state of data on tape: the program takes every such word for FULL',
    ]);
  });

  test('a site that is UNKNOWN is told to be none', () => {
    expect(importRule('Protect site.status in [READY UNKNOWN]').line.remarks).toEqual([
      'UNKNOWN has no counterpart here: nothing is ever UNKNOWN',
    ]);
  });
});

describe('texts', () => {
  test.each([
    ['dataset.name == /A/*/C', 'dataset.name.glob("/A/*/C")'],
    ['dataset.name != /A/?/C', '!dataset.name.glob("/A/?/C")'],
    // A class only beside a star or a question mark, a bracket that is not closed never.
    ['dataset.name == /A[12]/B/C', 'dataset.name == "/A[12]/B/C"'],
    ['dataset.name == /A[12]/*/C', 'dataset.name.matches(r"^/A[12]/.*/C$")'],
    ['dataset.name == /A[!1-3]/*.x', 'dataset.name.matches(r"^/A[^1-3]/.*\\.x$")'],
    ['dataset.name == /A[]x]/*', 'dataset.name.matches(r"^/A[\\]x]/.*$")'],
    ['dataset.name == /A[12/*', 'dataset.name.glob("/A[12/*")'],
    ['dataset.name =~ /A/B', 'dataset.name.matches(r"^/A/B")'],
    ['dataset.name !=~ ^/A|^/B', '!dataset.name.matches(r"^(?:^/A|^/B)")'],
    ['dataset.name =~ /(A|B)/[|]\\|C', 'dataset.name.matches(r"^/(A|B)/[|]\\|C")'],
    ['dataset.name =~ .*\\Z', 'dataset.name.matches(r"^.*\\z")'],
    ['dataset.name in [/A/B/C /D/E/F]', 'dataset.name in ["/A/B/C", "/D/E/F"]'],
    ['dataset.name in [/A/B/C /D/*/F]', 'dataset.name.glob(["/A/B/C", "/D/*/F"])'],
    ['dataset.name notin [/A/B/C]', 'dataset.name != "/A/B/C"'],
    ['dataset.name in [/A/B/C /D[0-9]/*]', 'dataset.name == "/A/B/C" || dataset.name.matches(r"^/D[0-9]/.*$")'],
    ['dataset.name in []', 'false'],
    ['dataset.name notin []', 'true'],
    // The list goes to the last bracket; what follows it is of no account.
    ['dataset.name in [/A[1]/B/C] and replica.incomplete', 'dataset.name == "/A[1]/B/C" && !replica.complete'],
    ['dataset.name in [/A/B/C] x', 'dataset.name == "/A/B/C"'],
    ['site.name in [T1_A T2_B]', 'site.name.glob(["T1_A", "T2_B"])'],
    ['site.name != T1_A', '!site.name.glob("T1_A")'],
    ['dataset.release in [8_0_1 9_*]', 'dataset.labels.release.glob(["8_0_1", "9_*"])'],
    // Nobody is called None there and has no name here.
    ['blockreplica.owner == *', 'replica.owners.exists(o, o.glob("*"))'],
    ['blockreplica.owner == N*', 'replica.owners.exists(o, o == "" || o.glob("N*"))'],
    ['blockreplica.owner =~ N', 'replica.owners.exists(o, o == "" || o.matches(r"^N"))'],
    ['blockreplica.owner =~ [^N]*$', 'replica.owners.exists(o, o != "" && o.matches(r"^[^N]*$"))'],
    ['blockreplica.owner notin [None]', 'replica.owners.exists(o, o != "")'],
    ['blockreplica.owner == IB RelVal', '"IB RelVal" in replica.owners'],
  ])('%s', (condition, expected) => {
    expect(both(condition)).toEqual([expected, expected]);
  });

  test('a text is never less than another in the program', () => {
    expect(both('dataset.name < /B')).toEqual(['dataset.name < "/B"', 'false']);
    expect(both('dataset.name > /B')).toEqual(['dataset.name > "/B"', 'dataset.name > "/B"']);
    expect(both('dataset.name < /B*')).toEqual(['false', 'false']);
    expect(both('dataset.name > /B*')).toEqual(['false', 'true']);
  });

  test('what follows # was meant as a comment and is part of the text', () => {
    expect(both('dataset.name == /A/B/C # for Jane')).toEqual([
      'dataset.name == "/A/B/C"',
      'dataset.name == "/A/B/C # for Jane"',
    ]);
    expect(importRule('Protect dataset.name == /A/B/C # for Jane').line.outcome).toBe('carried-with-difference');
    expect(importRule('Protect dataset.name == /A/B/C # for Jane').rule.description).toBe(
      'Protect dataset.name == /A/B/C # for Jane',
    );
  });

  test('a long list becomes a Selector with a file', () => {
    const names = Array.from({ length: 40 }, (_, i) => `/A/B${i}/C`);
    const { when, documents } = importRule(`Delete dataset.name in [${names.join(' ')}]`);
    expect(when).toBe('dataset.is("policy-l5")');
    expect(documents.get('Selector policy-l5')?.spec).toMatchObject({
      scope: 'dataset',
      namesFile: 'names/policy-l5.txt',
    });
  });
});

describe('numbers', () => {
  test.each([
    ['dataset.num_full_disk_copy == 1.5', 'false'],
    ['dataset.num_full_disk_copy != 1.5', 'true'],
    ['dataset.num_full_disk_copy < 1.5', 'dataset.fullDiskCopies < 1.5'],
    ['dataset.num_full_disk_copy in [1 2]', 'dataset.fullDiskCopies in [1, 2]'],
    ['dataset.num_full_disk_copy notin [1 2.5]', 'dataset.fullDiskCopies != 1'],
    ['dataset.num_full_disk_copy older_than 2', 'dataset.fullDiskCopies < 2'],
    ['dataset.usage_rank == 200', 'dataset.usageRank == 200.0'],
    ['dataset.usage_rank in [1 2.5]', 'dataset.usageRank in [1.0, 2.5]'],
    ['dataset.usage_rank < -1', 'dataset.usageRank < -1'],
    ['dataset.size < inf', 'true'],
    ['dataset.size > 1e19', 'dataset.size > byteSize("10EB")'],
    ['dataset.size == 5e11', 'dataset.size == byteSize("500GB")'],
    ['replica.size in [1e12 2]', 'replica.size in [byteSize("1TB"), 2]'],
  ])('%s', (condition, expected) => {
    expect(both(condition)).toEqual([expected, expected]);
  });

  test('copies of a block: on disk was meant, any complete one is counted', () => {
    expect(both('blockreplica.num_full_disk_copy > 1', 'DismissBlock')).toEqual([
      'block.diskCopies > 1',
      'block.anyCopies > 1',
    ]);
    expect(both('blockreplica.num_full_disk_copy > 1', 'Dismiss')).toEqual([
      'replica.blocks.exists(b, b.diskCopies > 1)',
      'replica.blocks.exists(b, b.anyCopies > 1)',
    ]);
  });

  test('an age is a duration, and told to fail in the program', () => {
    expect(both('blockreplica.age_relative_to_newest > 86400', 'ProtectBlock')[0]).toBe(
      'block.behindNewest > duration("1d")',
    );
    const { line } = importRule('Protect blockreplica.age_relative_to_newest > 86400');
    expect(line.remarks).toEqual(['the program fails where it evaluates `blockreplica.age_relative_to_newest`']);
  });
});

describe('bools with an operator', () => {
  test.each([
    ['== True', 'replica.complete', 'false'],
    ['== False', '!replica.complete', 'false'],
    ['!= True', '!replica.complete', 'true'],
    ['!= False', 'replica.complete', 'true'],
    ['=~ True', 'replica.complete', 'false'],
    ['in [True]', 'replica.complete', 'false'],
    ['notin [True]', '!replica.complete', 'true'],
    ['== maybe', 'false', 'false'],
    ['> True', 'true', 'true'],
    ['< True', 'false', 'false'],
  ])('replica.incomplete %s, the other way round', (operation, meant, observed) => {
    const opposite: Readonly<Record<string, string>> = {
      'replica.complete': '!replica.complete',
      '!replica.complete': 'replica.complete',
    };
    expect(both(`replica.incomplete ${operation}`)).toEqual([opposite[meant] ?? meant, observed]);
    expect(importRule(`Protect replica.incomplete ${operation}`).line.outcome).toBe('carried-with-difference');
    expect(importRule(`Protect replica.incomplete ${operation}`, { asObserved: true }).line.outcome).toBe('carried');
  });

  test('of blocks', () => {
    expect(both('blockreplica.is_locked == True')).toEqual(['replica.blocks.exists(b, b.locked)', 'false']);
  });

  test('`not` after the variable is `not` before it', () => {
    expect(both('replica.incomplete not')).toEqual(['replica.complete', 'replica.complete']);
  });
});

describe('times', () => {
  test.each([
    ['older_than 3 months ago', 'dataset.lastUpdate.olderThan("91d")'],
    ['older_than 1 year ago', 'dataset.lastUpdate.olderThan("365d")'],
    ['older_than 36 hours ago', 'dataset.lastUpdate.olderThan("1d12h")'],
    ['< January 1', 'dataset.lastUpdate < timestamp("2026-01-01T00:00:00Z")'],
    ['newer_than 2023-09-15 UTC', 'dataset.lastUpdate > timestamp("2023-09-15T00:00:00Z")'],
    ['> 2023-07-01 12:00:00 UTC', 'dataset.lastUpdate > timestamp("2023-07-01T12:00:00Z")'],
    ['older_than now', 'dataset.lastUpdate < now'],
  ])('dataset.last_update %s', (operation, expected) => {
    expect(both(`dataset.last_update ${operation}`)).toEqual([expected, expected]);
  });

  test('what moves with the calendar is told', () => {
    expect(importRule('Protect dataset.last_update older_than 3 months ago').line.remarks[0]).toContain('is 91 days');
    expect(importRule('Protect dataset.last_update older_than January 1').line.remarks[0]).toContain(
      'is fixed to 2026-01-01',
    );
    expect(importRule('Protect dataset.last_update older_than 2023-09-15').line.remarks).toEqual([]);
  });

  test('a time never equals a date in the program', () => {
    expect(both('dataset.last_update == 2023-09-15')).toEqual([
      'dataset.lastUpdate == timestamp("2023-09-15T00:00:00Z")',
      'false',
    ]);
    expect(both('dataset.last_update != 2023-09-15')).toEqual([
      'dataset.lastUpdate != timestamp("2023-09-15T00:00:00Z")',
      'true',
    ]);
    expect(both('dataset.last_update in [2023-09-15]')[1]).toBe('false');
    expect(both('dataset.last_update notin [2023-09-15]')[1]).toBe('true');
  });

  test('an age in the future was meant to be one in the past', () => {
    expect(both('dataset.last_update older_than 60 days')).toEqual([
      'dataset.lastUpdate.olderThan("60d")',
      'dataset.lastUpdate < now + duration("60d")',
    ]);
  });

  test('until and from end and begin a rule, and are told to fail in the program', () => {
    const until = importRule('Protect replica.incomplete until 2027-01-01');
    expect(until.rule).toMatchObject({ when: '!replica.complete', expires: '2027-01-01' });
    expect(until.line.remarks).toEqual(['the program fails where it evaluates `until` or `from`']);
    const from = importRule('Protect dataset.name == /A/B/C and replica.incomplete from 2027-01-01 12:00:00 UTC');
    expect(from.rule).toMatchObject({ notBefore: '2027-01-01T12:00:00Z' });
    expect(importRule('Protect replica.incomplete until 3 days').line.remarks.join()).toContain(
      'fixed to 2026-07-04T00:00:00Z',
    );
  });
});

describe('several conditions on blocks in a line about replicas', () => {
  const conditions =
    'blockreplica.owner == DataOps and dataset.status == VALID and blockreplica.last_update older_than 60 days ago';

  test('one block was meant to meet all, any blocks meet each', () => {
    expect(both(conditions)).toEqual([
      'replica.blocks.exists(b, b.owner == "DataOps" && b.lastUpdate.olderThan("60d")) && dataset.status == "VALID"',
      '"DataOps" in replica.owners && dataset.status == "VALID" && replica.firstBlock.olderThan("60d")',
    ]);
  });

  test('the difference is told', () => {
    expect(importRule(`Protect ${conditions}`).line.remarks).toEqual([
      'the program asks each condition on blocks of any block by itself; here one block has to meet all of them',
    ]);
    expect(importRule(`Protect ${conditions}`, { asObserved: true }).line.outcome).toBe('carried');
  });

  test('one that cannot be met makes the rule inert', () => {
    expect(both('blockreplica.is_locked == True and blockreplica.on_tape')[1]).toBe('false');
    expect(both('blockreplica.is_locked != True and blockreplica.on_tape')[1]).toBe(
      'replica.blocks.exists(b, b.onTape)',
    );
  });
});

describe('protected sites', () => {
  test('are named on the command line', () => {
    const protectedSites = ['T0_A', 'T1_B'];
    expect(both('dataset.on_protected_site', 'Protect', { protectedSites })[0]).toBe(
      'dataset.replicaSites.exists(s, s in ["T0_A", "T1_B"])',
    );
    expect(both('not dataset.on_protected_site', 'Dismiss', { protectedSites })[0]).toBe(
      '!dataset.replicaSites.exists(s, s in ["T0_A", "T1_B"])',
    );
  });

  test('that are not given are none, and told', () => {
    const { when, line } = importRule('Protect dataset.on_protected_site');
    expect(when).toBe('false');
    expect(line.remarks).toEqual(['--protected-sites is not given, so no dataset is on a protected site']);
  });
});

describe('last copies', () => {
  test.each([
    'Delete dataset.status == DEPRECATED',
    'DismissBlock blockreplica.last_update older_than 60 days ago',
    'Dismiss dataset.num_full_disk_copy > 0',
    'Dismiss blockreplica.on_tape',
  ])('%s may come to them: told, and allowed where it is asked for', (line) => {
    const without = importRule(line);
    expect(without.rule.allowLastCopy).toBeUndefined();
    expect(without.line.remarks.join()).toContain('the last complete copy stays (I1)');
    const trusting = importRule(line, { trustLastCopy: true });
    expect(trusting.rule.allowLastCopy).toBe(true);
  });

  test.each([
    'Protect dataset.status == DEPRECATED',
    'Dismiss dataset.num_full_disk_copy > 1',
    'Dismiss replica.num_full_other_copy_common_owner > 0',
    'Dismiss dataset.on_tape == FULL',
    'DismissBlock blockreplica.on_tape',
    'DeleteBlock blockreplica.num_full_disk_copy > 1',
    'Delete replica.incomplete in []',
  ])('%s does not', (line) => {
    expect(importRule(line, { trustLastCopy: true }).rule.allowLastCopy).toBeUndefined();
    expect(importRule(line).line.remarks.join()).not.toContain('I1');
  });
});
