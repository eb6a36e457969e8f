/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** `nearhit.yaml:14:9`, or `environment`. */
  readonly where: string;
  /** `policies.default.threshold`, or the variable's name; empty for the file as a whole. */
  readonly path: string;
  /** What was expected and what was found. Never a secret. */
  readonly message: string;
}

/** Every fault at once; `message` has a line for each. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(faultLine).join('\n'));
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

function faultLine({ where, path, message }: ConfigFault): string {
  return path === '' ? `${where}: ${message}` : `${where} ${path}: ${message}`;
}

export type Path = readonly (string | number)[];

/** `models[0].price.inputUsdPerMTok`; names with other characters in brackets: `policies.namespaces["a.b"]`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
