import { lines, words } from './lines.ts';

/** Programming languages, systems, tools: names that an answer's code hangs on. Lower case, as the tokenizer cuts them. */
const TECH = new Set(
  words(`
python java javascript typescript kotlin scala swift rust golang ruby perl php haskell erlang elixir clojure fortran cobol
matlab julia lua dart groovy bash powershell sql mysql postgresql postgres sqlite mongodb redis oracle mariadb cassandra
c c++ c# f# r go html html5 css sass xml json yaml csv latex markdown vba assembly prolog lisp scheme ocaml pascal delphi
node nodejs react reactjs angular angularjs vue vuejs svelte jquery django flask rails laravel spring hibernate express
dotnet asp numpy pandas scipy tensorflow pytorch keras sklearn opencv hadoop spark kafka docker kubernetes terraform ansible
jenkins git github gitlab bitbucket svn npm yarn pip maven gradle webpack
linux ubuntu debian fedora centos windows macos android ios unix
selenium cypress junit jest unity unreal photoshop illustrator excel powerpoint tableau
chrome firefox safari edge opera
`),
);
/** Also everyday words: names of languages only beside words of the trade. */
const AMBIGUOUS = new Set(
  'c r go node react express spring spark scheme swift rust edge opera safari excel unity oracle assembly dart julia git ruby pascal basic flask'.split(
    ' ',
  ),
);

/** A tool of the trade, and the language or system that it belongs to. */
const BELONGS = new Map(
  lines(`
kubernetes: kubectl helm pod pods kubelet configmap
python: pandas numpy scipy django flask pip pytorch keras sklearn matplotlib init conda
javascript: react reactjs angular vue jquery svelte node nodejs npm webpack eslint jest
node: npm
sql: mysql postgresql postgres sqlite mariadb oracle select update delete insert join where
mysql: mysqldump
postgresql: psql pgdump
excel: xlsx xls vlookup xlookup spreadsheet
docker: dockerfile
bash: shell terminal
git: github gitlab commit commits rebase
java: jvm maven gradle spring hibernate junit
http: get post put 404 500 403 401
`).flatMap((row) => {
    const [whole = '', parts = ''] = row.split(': ');
    return parts.split(' ').map((part): [string, string] => [`${whole} ${part}`, whole]);
  }),
);

/** Does naming this word name the language or system, too? `kubectl` is of Kubernetes. */
export const isOf = (whole: string, part: string): boolean => BELONGS.has(`${whole} ${part}`);

export function isTech(text: string): boolean {
  return TECH.has(text);
}

/** True when only context tells that the word names a tool. */
export function isAmbiguousTech(text: string): boolean {
  return AMBIGUOUS.has(text);
}
