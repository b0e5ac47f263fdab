import { type Scenario, scenario } from './scenario.ts';

/** What users prove themselves with. */
export const CREDENTIALS: readonly Scenario[] = [
  scenario(
    'credentials: a user sets its own password, an admin everybody',
    `
    raw {"type":"SetUserPassword","userId":1,"targetUserId":1}
      UserPasswordSet
      done for alice
    raw {"type":"SetUserPassword","userId":11,"targetUserId":11}
      UserPasswordSet
      done for vic
    raw {"type":"SetUserPassword","userId":1,"targetUserId":2}
      rejected alice NOT_ALLOWED
    raw {"type":"SetUserPassword","userId":12,"targetUserId":2}
      rejected rita NOT_ALLOWED
    raw {"type":"SetUserPassword","userId":1,"targetUserId":99}
      rejected alice NOT_ALLOWED
    raw {"type":"SetUserPassword","userId":15,"targetUserId":2,"mustChangePassword":1}
      UserPasswordSet
      done for adam
    raw {"type":"SetUserPassword","userId":15,"targetUserId":2,"mustChangePassword":2}
      rejected adam MALFORMED_COMMAND
    raw {"type":"SetUserPassword","userId":15,"targetUserId":99}
      rejected adam UNKNOWN_USER
    `,
  ),
  scenario(
    'credentials: API keys are added and revoked by their user or an admin',
    `
    raw {"type":"AddApiKey","userId":1,"keyId":5,"targetUserId":1,"kind":1,"label":"laptop"}
      ApiKeyAdded 5 of alice
      done for alice
    raw {"type":"AddApiKey","userId":2,"keyId":5,"targetUserId":2,"kind":1}
      rejected bob ALREADY_EXISTS
    raw {"type":"AddApiKey","userId":2,"keyId":6,"targetUserId":1,"kind":1}
      rejected bob NOT_ALLOWED
    raw {"type":"AddApiKey","userId":15,"keyId":6,"targetUserId":2,"kind":3,"readOnly":1}
      ApiKeyAdded 6 of bob
      done for adam
    raw {"type":"RevokeApiKey","userId":2,"keyId":5}
      rejected bob NOT_ALLOWED
    raw {"type":"RevokeApiKey","userId":2,"keyId":7}
      rejected bob NOT_ALLOWED
    raw {"type":"RevokeApiKey","userId":2,"keyId":6}
      ApiKeyRevoked 6 of bob
      done for bob
    raw {"type":"RevokeApiKey","userId":15,"keyId":6}
      rejected adam UNKNOWN_API_KEY
    raw {"type":"RevokeApiKey","userId":15,"keyId":5}
      ApiKeyRevoked 5 of alice
      done for adam
    raw {"type":"AddApiKey","userId":2,"keyId":5,"targetUserId":2,"kind":2}
      ApiKeyAdded 5 of bob
      done for bob
    `,
  ),
  scenario(
    'credentials: API keys that cannot be',
    `
    raw {"type":"AddApiKey","keyId":0,"targetUserId":1,"kind":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddApiKey","keyId":2147483648,"targetUserId":1,"kind":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddApiKey","keyId":1,"targetUserId":1,"kind":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddApiKey","keyId":1,"targetUserId":1,"kind":4}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddApiKey","keyId":1,"targetUserId":1,"kind":1,"readOnly":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddApiKey","keyId":1,"targetUserId":99,"kind":1}
      rejected operator UNKNOWN_USER
    raw {"type":"AddApiKey","keyId":1,"targetUserId":1,"kind":1,"expireSeconds":100}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddApiKey","keyId":1,"targetUserId":1,"kind":1,"expireSeconds":101}
      ApiKeyAdded 1 of alice
      done
    `,
  ),
  scenario(
    'credentials: bearer tokens are revoked up to the log time',
    `
    time 250
    raw {"type":"RevokeTokens","userId":1,"targetUserId":1}
      tokens of alice revoked before 250
      done for alice
    raw {"type":"RevokeTokens","userId":1,"targetUserId":2}
      rejected alice NOT_ALLOWED
    raw {"type":"RevokeTokens","userId":15,"targetUserId":2}
      tokens of bob revoked before 250
      done for adam
    raw {"type":"RevokeTokens","userId":15,"targetUserId":99}
      rejected adam UNKNOWN_USER
    `,
  ),
  scenario(
    'credentials: a node has one key, the newest',
    `
    raw {"type":"AddNodeKey","nodeId":1}
      NodeKeyAdded
      done
    raw {"type":"AddNodeKey","nodeId":1,"userId":15}
      NodeKeyAdded
      done for adam
    raw {"type":"AddNodeKey","nodeId":2,"userId":1}
      rejected alice NOT_ALLOWED
    `,
  ),
];
