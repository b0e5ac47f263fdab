import { type Scenario, scenario } from './scenario.ts';

/** A venue keeps somebody who can administer it. Adam is admin; in the beginning nobody has a credential. */
export const LAST_ADMIN: readonly Scenario[] = [
  scenario(
    'last admin: with a password it is neither disabled nor demoted, nor loses the password',
    `
    password adam
      UserPasswordSet
      done
    raw {"type":"SetUserEnabled","userId":15,"targetUserId":15,"enabled":0}
      rejected adam LAST_ADMIN
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":0,"cancelOrders":1}
      rejected operator LAST_ADMIN
    raw {"type":"SetUserRole","userId":15,"targetUserId":15,"role":1}
      rejected adam LAST_ADMIN
    password adam none
      rejected operator LAST_ADMIN
    password adam
      UserPasswordSet
      done
    raw {"type":"SetUserRole","targetUserId":15,"role":7}
      role of adam Admin
      done
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":1}
      enabled adam
      done
    `,
  ),
  scenario(
    'last admin: what is wrong with the command comes first',
    `
    password adam
      UserPasswordSet
      done
    raw {"type":"SetUserRole","targetUserId":15,"role":9}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetUserRole","targetUserId":15,"role":2}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetUserRole","userId":13,"targetUserId":15,"role":1}
      rejected olga NOT_ALLOWED
    `,
  ),
  scenario(
    'last admin: by keys it keeps the last one that is good for commands; what expires stays only as long',
    `
    raw {"type":"AddApiKey","targetUserId":15,"keyId":1,"kind":1}
      ApiKeyAdded 1 of adam
      done
    raw {"type":"AddApiKey","targetUserId":15,"keyId":2,"kind":2,"readOnly":1}
      ApiKeyAdded 2 of adam
      done
    raw {"type":"RevokeApiKey","userId":15,"keyId":1}
      rejected adam LAST_ADMIN
    raw {"type":"RevokeApiKey","userId":15,"keyId":2}
      ApiKeyRevoked 2 of adam
      done for adam
    raw {"type":"AddApiKey","targetUserId":15,"keyId":3,"kind":3,"expireSeconds":200}
      ApiKeyAdded 3 of adam
      done
    raw {"type":"RevokeApiKey","userId":15,"keyId":1}
      ApiKeyRevoked 1 of adam
      done for adam
    raw {"type":"RevokeApiKey","userId":15,"keyId":3}
      rejected adam LAST_ADMIN
    raw {"type":"AddApiKey","targetUserId":15,"keyId":4,"kind":3,"expireSeconds":300}
      ApiKeyAdded 4 of adam
      done
    time 200
    raw {"type":"RevokeApiKey","userId":15,"keyId":4}
      rejected adam LAST_ADMIN
    raw {"type":"RevokeApiKey","userId":15,"keyId":3}
      ApiKeyRevoked 3 of adam
      done for adam
    password adam
      UserPasswordSet
      done
    raw {"type":"RevokeApiKey","userId":15,"keyId":4}
      ApiKeyRevoked 4 of adam
      done for adam
    `,
  ),
  scenario(
    'last admin: a password is given up for a key, and the other way round',
    `
    password adam
      UserPasswordSet
      done
    raw {"type":"AddApiKey","targetUserId":15,"keyId":1,"kind":1}
      ApiKeyAdded 1 of adam
      done
    password adam none
      UserPasswordSet
      done
    raw {"type":"RevokeApiKey","keyId":1}
      rejected operator LAST_ADMIN
    password adam
      UserPasswordSet
      done
    raw {"type":"RevokeApiKey","keyId":1}
      ApiKeyRevoked 1 of adam
      done
    `,
  ),
  scenario(
    'last admin: another one must be enabled and have a credential to take its place',
    `
    password adam
      UserPasswordSet
      done
    raw {"type":"SetUserRole","targetUserId":13,"role":7}
      role of olga Admin
      done
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":0}
      rejected operator LAST_ADMIN
    raw {"type":"AddApiKey","targetUserId":13,"keyId":1,"kind":1,"readOnly":1}
      ApiKeyAdded 1 of olga
      done
    raw {"type":"SetUserRole","targetUserId":15,"role":5}
      rejected operator LAST_ADMIN
    raw {"type":"AddApiKey","targetUserId":13,"keyId":2,"kind":1}
      ApiKeyAdded 2 of olga
      done
    raw {"type":"SetUserEnabled","targetUserId":13,"enabled":0}
      disabled olga
      done
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":0}
      rejected operator LAST_ADMIN
    raw {"type":"SetUserEnabled","targetUserId":13,"enabled":1}
      enabled olga
      done
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":0}
      disabled adam
      done
    raw {"type":"SetUserRole","targetUserId":13,"role":5}
      rejected operator LAST_ADMIN
    raw {"type":"RevokeApiKey","keyId":2}
      rejected operator LAST_ADMIN
    raw {"type":"SetUserRole","targetUserId":15,"role":1}
      role of adam Viewer
      done
    `,
  ),
  scenario(
    'last admin: a venue without an active one, and users who are none, are not held up',
    `
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":0}
      disabled adam
      done
    raw {"type":"SetUserEnabled","targetUserId":15,"enabled":1}
      enabled adam
      done
    raw {"type":"SetUserRole","targetUserId":15,"role":1}
      role of adam Viewer
      done
    password rita
      UserPasswordSet
      done
    password rita none
      UserPasswordSet
      done
    raw {"type":"SetUserEnabled","targetUserId":12,"enabled":0}
      disabled rita
      done
    `,
  ),
];
