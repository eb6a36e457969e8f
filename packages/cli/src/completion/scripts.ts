import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow a command: its subcommands and flags. */
interface Place {
  /** `policy get`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly text: string }[];
  readonly flags: readonly { readonly flag: string; readonly text: string }[];
}

function placesOf(command: Command, path = ''): Place[] {
  const commands = command.commands.map((child) => ({ name: child.name(), text: child.description() }));
  const flags = command.options.flatMap(({ long, description }) => (long ? [{ flag: long, text: description }] : []));
  const here: Place = { path, commands, flags: [...flags, { flag: '--help', text: 'what there is' }] };
  return [here, ...command.commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim()))];
}

/** A script for the shell that knows every command and flag of the program. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program);
  if (shell === 'fish') return fish(places);
  return shell === 'bash' ? bash(places) : `autoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
}

/** Words that are no flags lead to a place, as far as it is known; else files are offered. */
function bash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, commands, flags }) =>
      `    '${path}') words='${[...commands.map(({ name }) => name), ...flags.map(({ flag }) => flag)].join(' ')}' ;;`,
  );
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `_nearhit() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path='' next='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _nearhit nearhit
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, flags }) => {
    const words = path.split(' ').filter((word) => word !== '');
    const children = commands.map(({ name }) => name);
    const not = children.length === 0 ? '' : `not __fish_seen_subcommand_from ${children.join(' ')}`;
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const when = [...seen, not].filter((part) => part !== '').join('; and ');
    const condition = when === '' ? '' : ` -n '${when}'`;
    return [
      ...commands.map(({ name, text }) => `complete -c nearhit -f${condition} -a ${name} -d '${quoted(text)}'`),
      ...flags.map(({ flag, text }) => `complete -c nearhit${condition} -l ${flag.slice(2)} -d '${quoted(text)}'`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
