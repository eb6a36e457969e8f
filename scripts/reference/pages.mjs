// The pages of docs/reference, as Markdown.
import { rowsOf } from './schema-rows.mjs';

const cell = (text) =>
  String(text)
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ');

function table(heads, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const initialOf = ({ initial, required }) => {
  if (required) return 'required';
  if (initial === undefined) return '-';
  const text = typeof initial === 'string' ? initial : JSON.stringify(initial);
  return text === '' || text === '{}' ? '-' : `\`${text}\``;
};

/** The same fields once more, one level further in. */
const REPEATED = /^policies\.namespaces\.<name>\.(?!models$)|\bown\./;

const GENERATED = (what) => `<!-- Made by \`node scripts/reference.mjs\` from ${what}. Do not edit. -->`;

/** `schema`: JSON Schema of nearhit.yaml. `policy`: the fields in force where nobody set any. */
export function configurationPage(schema, policy) {
  const initial = (row) => ({
    ...row,
    initial: row.initial ?? policy[/^policies\.default\.(\w+)$/.exec(row.path)?.[1]],
  });
  const sections = Object.entries(schema.properties).map(([name, section]) => {
    const rows = rowsOf({ properties: { [name]: section } }, schema).filter(({ path }) => !REPEATED.test(path));
    const [own, ...inner] = rows;
    const head = [`## ${name}`, ''];
    if (own.meaning !== '' && inner.length > 0) head.push(own.meaning, '');
    const shown = inner.length === 0 ? rows : inner;
    const body = table(
      ['key', 'value', 'default', 'meaning'],
      shown.map(initial).map((row) => [`\`${row.path}\``, row.type, initialOf(row), row.meaning]),
    );
    return [...head, body].join('\n');
  });
  return `${GENERATED('the schema that nearhit.yaml is checked with')}

# nearhit.yaml, key by key

How the file is found, checked and reloaded, the environment variables, and all of it in one example: [configuration.md](../configuration.md).
For completion in an editor, put \`# yaml-language-server: $schema=<this folder>/nearhit.schema.json\` into its first line.

${sections.join('\n\n')}
`;
}

/** @param document OpenAPI 3.1 */
export function adminApiPage(document) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, title: `${method.toUpperCase()} ${path}` })),
  );
  return `${GENERATED('the OpenAPI document at `/admin/v1/openapi.json`')}

# The admin API, call by call

Everything lies below \`/admin/v1\`. What the calls are for, with examples: [admin-api.md](../admin-api.md).

${operations.map((operation) => operationText(operation, document)).join('\n\n')}
`;
}

function operationText({ title, summary, parameters = [], requestBody, responses }, document) {
  const parts = [`## ${title}`, '', summary];
  if (parameters.length > 0)
    parts.push('', table(['parameter', 'in', 'value', 'default', 'meaning'], parameters.map(parameterRow)));
  const body = requestBody?.content?.['application/json']?.schema;
  if (body !== undefined) parts.push('', '**Body**', '', fieldsOf(body, document, true));
  const answer = responses[200]?.content?.['application/json']?.schema;
  const others = Object.keys(responses[200]?.content ?? {}).filter((type) => type !== 'application/json');
  if (answer !== undefined) parts.push('', '**Answer**', '', fieldsOf(answer, document, false));
  if (others.length > 0) parts.push('', `Also as ${others.map((type) => `\`${type}\``).join(', ')}.`);
  if (responses[200] === undefined) parts.push('', 'Answers 204.');
  return parts.join('\n');
}

function parameterRow({ name, in: where, required, schema }) {
  const [row] = rowsOf({ properties: { [name]: schema }, required: required ? [name] : [] });
  return [`\`${name}\``, where, row.type, initialOf(row), row.meaning];
}

/** `sent`: by whoever calls; otherwise fields are answered. */
function fieldsOf(schema, document, sent) {
  const forms = schema.anyOf ?? [schema];
  const texts = forms.map((form) => {
    const rows = rowsOf(form.type === 'array' ? { properties: { '[]': form } } : form, { ...document, ...form }).filter(
      ({ path }) => !REPEATED.test(path),
    );
    if (rows.length === 0) return 'Any object.';
    const cells = rows.map((row) => {
      const value = sent || row.required ? row.type : `${row.type}; may be absent`;
      return [`\`${row.path.replace(/^\[\]\[\]/, '[]')}\``, value, ...(sent ? [initialOf(row)] : []), row.meaning];
    });
    return table(['field', 'value', ...(sent ? ['default'] : []), 'meaning'], cells);
  });
  return texts.join('\n\nor\n\n');
}
