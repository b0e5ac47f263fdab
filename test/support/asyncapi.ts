import Schema from 'typebox/schema';

interface Document {
  readonly channels: {
    readonly connection: { readonly messages: Readonly<Record<string, { readonly payload: object }>> };
  };
  readonly components: object;
}

type Validator = ReturnType<typeof Schema.Compile>;

/** Compares what goes over a WebSocket with an AsyncAPI document, by a validator that is not the server's. */
export class AsyncApiChecker {
  readonly #document: Document;
  readonly #validators = new Map<string, Validator>();

  constructor(document: object) {
    this.#document = document as Document;
  }

  /** What of a request that was done the document does not allow; empty: nothing. */
  requestFaults(op: string, request: object): string[] {
    return this.#faults(`${nameOf(op)}Request`, request);
  }

  /**
   * What of a message of the server the document does not allow; empty: nothing.
   * @param op what was asked for where it is an answer, as far as that is known
   */
  faults(message: object, op: string | undefined): string[] {
    const { channel, error, result } = message as { [name: string]: unknown };
    // A channel that failed has an error too.
    if (channel === undefined && error !== undefined) return this.#faults('refusal', message);
    if (op !== undefined) return this.#faults(`${nameOf(op)}Answer`, message);
    const isAnswer = result !== undefined;
    const all = Object.keys(this.#document.channels.connection.messages)
      .filter((name) => !name.endsWith('Request') && name.endsWith('Answer') === isAnswer)
      .map((name) => this.#faults(name, message));
    if (all.some((faults) => faults.length === 0)) return [];
    // Those of the kind that it is nearest to.
    return all.sort((a, b) => a.length - b.length)[0];
  }

  #faults(name: string, message: unknown): string[] {
    const [, errors] = this.#validator(name).Errors(message);
    return errors.map(({ instancePath, message: fault }) => `${name}: ${instancePath} ${fault}`);
  }

  #validator(name: string): Validator {
    const known = this.#validators.get(name);
    if (known !== undefined) return known;
    const { channels, components } = this.#document;
    const { payload } = channels.connection.messages[name];
    const validator = Schema.Compile({ ...payload, components } as never);
    this.#validators.set(name, validator);
    return validator;
  }
}

/** `order.place` is `orderPlace` there. */
function nameOf(op: string): string {
  return op.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase());
}
