import { isAlias, isMap, isPair, isScalar, LineCounter, type Node, parseAllDocuments, Scalar, visit } from 'yaml';
import { type ConfigFault, type Path, pathText } from './faults.ts';
import { Interpolation } from './interpolate.ts';

type Document = ReturnType<typeof parseAllDocuments>[number];

/** A YAML file: plain values, and where each of them stands. */
export class ConfigDocument {
  readonly faults: ConfigFault[] = [];
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;
  readonly #interpolation: Interpolation;
  /** Scalars that took a value from the environment, and what the operator had written. */
  readonly #interpolated = new WeakMap<Scalar, string>();

  /** `file`: its name in faults. */
  constructor(text: string, file: string, env: Readonly<Record<string, string | undefined>>) {
    this.#file = file;
    this.#interpolation = new Interpolation(text.replace(/^\uFEFF/, ''), env);
    const documents = parseAllDocuments(this.#interpolation.source, { lineCounter: this.#lines, prettyErrors: false });
    const [document, second] = Array.isArray(documents) ? documents : [];
    this.#document = document;
    if (second !== undefined) this.#fault(second.range[0], [], 'only one YAML document is allowed in this file');
    for (const { pos, message } of document?.errors ?? []) {
      this.#fault(pos[0], [], `not valid YAML: ${this.#interpolation.written(message)}`);
    }
    if (document !== undefined && this.faults.length === 0) this.#fill(document);
  }

  /** The values; an empty map for an empty file. */
  value(): unknown {
    try {
      return this.#document?.toJS({ maxAliasCount: 100 }) ?? {};
    } catch (error) {
      this.faults.splice(0, Number.POSITIVE_INFINITY, {
        where: this.#file,
        path: '',
        message: (error as Error).message,
      });
      return {};
    }
  }

  /** `nearhit.yaml:14:9` of the value at a path, or of the nearest thing around it that is there. */
  where(path: Path): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (node?.range) return this.#at(node.range[0]);
    }
    return this.#at(this.#document?.contents?.range?.[0] ?? 0);
  }

  whereKey(path: Path, key: string): string {
    const map = this.#node(path);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const range = isPair(pair) && isScalar(pair.key) ? pair.key.range : undefined;
    return range ? this.#at(range[0]) : this.where(path);
  }

  /** What the operator wrote instead of a value from the environment. */
  written(path: Path): string | undefined {
    const node = this.#node(path);
    return isScalar(node) ? this.#interpolated.get(node) : undefined;
  }

  /** Makes a number or a boolean of an unquoted value from the environment. False when there is nothing to make. */
  coerce(path: Path): boolean {
    const node = this.#node(path);
    if (!isScalar(node) || !this.#interpolated.has(node) || node.type !== Scalar.PLAIN) return false;
    const { value } = node;
    if (typeof value !== 'string' || !/^(true|false|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/i.test(value)) return false;
    node.value = JSON.parse(/^[tf]/i.test(value) ? value.toLowerCase() : String(Number(value)));
    return true;
  }

  #fill(document: Document): void {
    visit(document, {
      Scalar: (key, node, ancestors) => {
        if (typeof node.value !== 'string') return;
        const filled = this.#interpolation.fill(node.value);
        const at = node.range?.[0] ?? 0;
        if (filled === undefined) {
          if (node.value.includes('${'))
            this.#fault(
              at,
              pathOf(ancestors, key, node),
              // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the operator writes
              '${ must be followed by the name of a variable and }; write $${NAME} for the characters themselves',
            );
          return;
        }
        const path = pathOf(ancestors, key, node);
        if (key === 'key') return this.#fault(at, path, 'a key can not come from the environment');
        for (const name of filled.unset) {
          this.#fault(at, path, `environment variable ${name} is not set; set it, or give a default: \${${name}:-...}`);
        }
        this.#interpolated.set(node, this.#interpolation.written(node.value));
        node.value = filled.value;
      },
    });
  }

  #node(path: Path): Node | undefined {
    const node = path.length === 0 ? this.#document?.contents : this.#document?.getIn(path, true);
    if (isAlias(node)) return node.resolve(this.#document as Document);
    return (node ?? undefined) as Node | undefined;
  }

  #fault(offset: number, path: Path, message: string): void {
    this.faults.push({ where: this.#at(offset), path: pathText(path), message });
  }

  #at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }
}

/** From visit()'s trail to keys and positions. */
function pathOf(ancestors: readonly unknown[], key: unknown, node: unknown): Path {
  const trail = [...ancestors, node];
  const path: (string | number)[] = [];
  trail.forEach((step, index) => {
    if (isPair(step)) path.push(isScalar(step.key) ? String(step.key.value) : '?');
    const parent = trail[index - 1] as { items?: unknown[] } | undefined;
    if (!isPair(step) && Array.isArray(parent?.items)) path.push(parent.items.indexOf(step));
  });
  return key === 'key' ? path.slice(0, -1) : path;
}
