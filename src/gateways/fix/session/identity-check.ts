import { APPL_VER_ID_50SP2, FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { Tag } from '#codec/fix/tags.ts';
import type { FixIdentity } from './profile.ts';

/** Whether messages are of the session and the version that logged on. */
export class IdentityCheck {
  declare private readonly beginString: Uint8Array;
  declare private readonly senderCompId: Uint8Array;
  declare private readonly senderSubId: Uint8Array;
  declare private readonly targetCompId: Uint8Array;
  declare private readonly hasApplVersion: boolean;

  constructor(identity: FixIdentity) {
    this.beginString = Buffer.from(identity.beginString, 'latin1');
    this.senderCompId = Buffer.from(identity.senderCompId, 'latin1');
    this.senderSubId = Buffer.from(identity.senderSubId, 'latin1');
    this.targetCompId = Buffer.from(identity.targetCompId, 'latin1');
    this.hasApplVersion = identity.beginString === FixVersion.Fixt11;
  }

  hasBeginString(message: FixMessage): boolean {
    return message.equalsAt(0, this.beginString);
  }

  /** Whether a CompID, or the SubID that the session is named by, is there with another value. */
  hasForeignCompId(message: FixMessage): boolean {
    return (
      differs(message, Tag.SenderCompID, this.senderCompId) ||
      differs(message, Tag.TargetCompID, this.targetCompId) ||
      (this.senderSubId.length > 0 && differs(message, Tag.SenderSubID, this.senderSubId))
    );
  }

  /** Whether an application version is named that is not the session's. */
  hasForeignVersion(message: FixMessage): boolean {
    return (
      this.hasApplVersion &&
      message.find(Tag.ApplVerID) >= 0 &&
      message.text(Tag.ApplVerID) !== APPL_VER_ID_50SP2
    );
  }
}

/** Whether the tag is there with another value; one that is absent or empty is the dictionary's business. */
function differs(message: FixMessage, tag: number, value: Uint8Array): boolean {
  const index = message.find(tag);
  return index >= 0 && message.ends[index] > message.starts[index] && !message.equalsAt(index, value);
}
