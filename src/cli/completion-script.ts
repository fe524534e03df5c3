/** Completion scripts for bash, zsh and fish. They complete words and ask nothing: no call of stator while typing. */
import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

export interface OptionWord {
  /** With its dashes, e.g. `--output`. */
  readonly flag: string;
  readonly description: string;
  /** What its value may be; empty for any value; null where it takes none. */
  readonly values: readonly string[] | null;
}

/** A command (`inventory import` is one) and the words that may follow it. */
export interface CommandWords {
  /** The words that lead to it; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly subcommands: readonly string[];
  readonly options: readonly OptionWord[];
  /** What its first argument may be, where that is known. */
  readonly choices: readonly string[];
}

/** Every command of the program with its words, the program itself first. */
export function commandWords(program: Command): CommandWords[] {
  const result: CommandWords[] = [];
  const visit = (command: Command, path: readonly string[], inherited: readonly Option[]): void => {
    const options = [...command.options, ...inherited].filter((option) => !option.hidden);
    result.push({
      path,
      description: command.summary() || command.description(),
      subcommands: command.commands.map((sub) => sub.name()),
      options: [...options.flatMap(optionWords), { flag: '--help', description: 'help', values: null }],
      choices: command.registeredArguments[0]?.argChoices ?? [],
    });
    for (const sub of command.commands) visit(sub, [...path, sub.name()], options);
  };
  visit(program, [], []);
  return result;
}

function optionWords(option: Option): OptionWord[] {
  if (option.long === undefined || option.long === null) return [];
  const values = option.required || option.optional ? (option.argChoices ?? []) : null;
  return [{ flag: option.long, description: option.description, values }];
}

export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  if (shell === 'bash') return bash(commands);
  if (shell === 'zsh') return zsh(commands);
  return fish(commands);
}

/** The cases of a shell function: by command path, the words that may come next. */
function cases(commands: readonly CommandWords[]): string {
  return commands
    .map(({ path, subcommands, options, choices }) => {
      const words = [...subcommands, ...choices, ...options.map((option) => option.flag)];
      return `    '${path.join(' ')}') words='${words.join(' ')}' ;;`;
    })
    .join('\n');
}

/** The cases of the option before the cursor: its values, or files. */
function valueCases(commands: readonly CommandWords[]): string {
  const values = new Map<string, Set<string>>();
  for (const { options } of commands) {
    for (const option of options) {
      if (option.values === null) continue;
      const known = values.get(option.flag) ?? new Set();
      for (const value of option.values) known.add(value);
      values.set(option.flag, known);
    }
  }
  return [...values].map(([flag, known]) => `    ${flag}) values='${[...known].join(' ')}'; takes=1 ;;`).join('\n');
}

/** Finds the command path among the words before the cursor; the same in bash and zsh. */
function pathLoop(commands: readonly CommandWords[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`);
  return `      case "\${path:+$path }$word" in
        ${paths.join('|')}) path="\${path:+$path }$word" ;;
      esac`;
}

function bash(commands: readonly CommandWords[]): string {
  return `# bash completion for stator
_stator() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' word words='' values='' takes=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${pathLoop(commands)}
  done
  case "$previous" in
${valueCases(commands)}
  esac
  if [ -n "$takes" ]; then
    if [ -n "$values" ]; then COMPREPLY=($(compgen -W "$values" -- "$current"))
    else COMPREPLY=($(compgen -f -- "$current")); fi
    return
  fi
  case "$path" in
${cases(commands)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$current" in -*) ;; *) COMPREPLY+=($(compgen -f -- "$current")) ;; esac
}
complete -o filenames -F _stator stator
`;
}

function zsh(commands: readonly CommandWords[]): string {
  return `#compdef stator
# zsh completion for stator
_stator() {
  local previous="\${words[CURRENT-1]}"
  local typed=("\${(@)words[2,CURRENT-1]}")
  local path='' word words='' values='' takes=''
  for word in $typed; do
${pathLoop(commands)}
  done
  case "$previous" in
${valueCases(commands)}
  esac
  if [[ -n "$takes" ]]; then
    if [[ -n "$values" ]]; then compadd -- \${=values}; else _files; fi
    return
  fi
  case "$path" in
${cases(commands)}
  esac
  compadd -- \${=words}
  [[ "$PREFIX" == -* ]] || _files
}
if [ "$funcstack[1]" = "_stator" ]; then _stator "$@"; else compdef _stator stator; fi
`;
}

function fish(commands: readonly CommandWords[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = ['# fish completion for stator'];
  for (const { path, subcommands, options, choices } of commands) {
    const last = path.at(-1);
    const nested = subcommands.length > 0;
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const condition = path.length === 0 ? ['__fish_use_subcommand'] : seen;
    const unfinished = nested && path.length > 0 ? [`not __fish_seen_subcommand_from ${subcommands.join(' ')}`] : [];
    const when = quote([...condition, ...unfinished].join('; and '));
    for (const name of subcommands) {
      const sub = commands.find((command) => command.path.join(' ') === [...path, name].join(' '));
      lines.push(`complete -c stator -f -n ${when} -a ${name} -d ${quote(sub?.description ?? '')}`);
    }
    if (choices.length > 0) lines.push(`complete -c stator -f -n ${when} -a ${quote(choices.join(' '))}`);
    if (last === undefined) continue;
    for (const { flag, description, values } of options) {
      const value = values === null ? '' : values.length === 0 ? ' -r' : ` -x -a ${quote(values.join(' '))}`;
      lines.push(
        `complete -c stator -n ${quote(seen.join('; and '))} -l ${flag.slice(2)}${value} -d ${quote(description)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
