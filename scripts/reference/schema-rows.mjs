// JSON Schema as rows of a table: one for each value that can be set, by its path.

/** `[{ path, type, required, initial, meaning }]`, parents before their children. */
export function rowsOf(schema, root = schema, path = '', seen = []) {
  const node = resolved(schema, root);
  if (seen.includes(node)) return [];
  const within = [...seen, node];
  const rows = [];
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const required = node.required?.includes(name) === true;
    rows.push(...entry(child, root, path === '' ? name : `${path}.${name}`, required, within));
  }
  if (typeof node.additionalProperties === 'object' && Object.keys(node.additionalProperties).length > 0) {
    rows.push(...entry(node.additionalProperties, root, `${path}.<name>`, false, within));
  }
  return rows;
}

function entry(child, root, path, required, seen) {
  const node = resolved(child, root);
  const own = {
    path,
    type: typeOf(node, root),
    required,
    initial: child.default ?? node.default,
    meaning: textOf(child, node),
  };
  const listed = inList(node, root);
  return [own, ...(listed === undefined ? rowsOf(node, root, path, seen) : rowsOf(listed, root, `${path}[]`, seen))];
}

const textOf = (child, node) => child.description ?? node.description ?? '';

function inList(node, root) {
  if (node.type !== 'array' || node.items === undefined) return undefined;
  const items = resolved(node.items, root);
  return items.properties === undefined ? undefined : items;
}

function resolved(schema, root) {
  if (schema.$ref === undefined) return single(schema, root);
  const parts = schema.$ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  return parts.reduce((at, part) => at[part], root);
}

/** `null` beside one other form says only that it can be absent. */
function single(schema, root) {
  const forms = (schema.anyOf ?? []).filter((form) => form.type !== 'null');
  if (forms.length !== 1) return schema;
  return { ...resolved(forms[0], root), ...without(schema, 'anyOf'), nullable: true };
}

function without(object, name) {
  const { [name]: _left, ...rest } = object;
  return rest;
}

/** In words: `integer, 1 to 10`. */
export function typeOf(schema, root = schema) {
  const node = resolved(schema, root);
  const forms = node.anyOf ?? node.oneOf;
  if (forms !== undefined) return [...new Set(forms.map((form) => typeOf(form, root)))].join(' or ');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(' ');
  if (node.type === 'array') return node.items === undefined ? 'list' : `list of ${plural(typeOf(node.items, root))}`;
  if (node.type === 'object') return 'map';
  const range = rangeOf(node);
  if (Array.isArray(node.type)) return node.type.map((each) => typeOf({ ...node, type: each })).join(' or ');
  return `${node.type ?? 'anything'}${range === '' ? '' : `, ${range}`}${node.nullable === true ? ', or null' : ''}`;
}

const plural = (type) => type.replace(/^(map|string|number|integer)\b/, '$1s');

function rangeOf({ minimum, maximum, exclusiveMinimum }) {
  const known = (bound) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const from = known(minimum) ? minimum : undefined;
  const shown = (bound) => bound.toLocaleString('en-US', { maximumFractionDigits: 6 });
  if (from !== undefined && known(maximum)) return `${shown(from)} to ${shown(maximum)}`;
  if (from !== undefined) return `${shown(from)} or more`;
  if (exclusiveMinimum !== undefined) return `more than ${shown(exclusiveMinimum)}`;
  return known(maximum) ? `up to ${shown(maximum)}` : '';
}
