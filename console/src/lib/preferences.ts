import { Cell } from '../state/store.ts';

/** A choice of the user's that this browser keeps. */
export class Preference<Value> extends Cell<Value> {
  declare private readonly key: string;
  declare private readonly kept: () => Value;

  /** @param isValid whether something that was kept is one: it may be of another version */
  constructor(name: string, otherwise: Value, isValid: (kept: unknown) => kept is Value) {
    const key = `hive.${name}`;
    super(kept(key, otherwise, isValid));
    this.key = key;
    this.kept = () => kept(key, otherwise, isValid);
  }

  /** It is one for all tabs: what is chosen in another one holds here too. */
  shared(): this {
    addEventListener('storage', ({ key }) => {
      if (key === this.key) super.set(this.kept());
    });
    return this;
  }

  override set(value: Value): void {
    super.set(value);
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
  }
}

/** A preference that is one of a few texts. */
export function choicePreference<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Preference<Choice> {
  return new Preference(name, otherwise, (value): value is Choice => choices.includes(value as Choice));
}

function kept<Value>(key: string, otherwise: Value, isValid: (value: unknown) => value is Value): Value {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}
