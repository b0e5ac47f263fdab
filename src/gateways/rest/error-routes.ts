import { type Static, Type } from 'typebox';
import { named, ref } from '#codec/json/schemas.ts';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { ERRORS_PATH, PROBLEMS, Problem } from './problems.ts';
import { publicRoute, type Route } from './routes.ts';

export const ProblemMeaning = named('ProblemMeaning', 'A kind of problem.', {
  code: Type.String(),
  status: Type.Integer(),
  title: Type.String(),
  rejectCode: Type.Optional(Type.Integer()),
  retry: Type.Boolean({ description: 'whether the same request can succeed later' }),
});
export const ProblemMeanings = named('ProblemMeanings', 'Every kind of problem.', {
  items: Type.Array(ref(ProblemMeaning)),
});

/** The pages to which the `type` of every problem leads. */
export function errorRoutes(): Route[] {
  const all = [...PROBLEMS.keys()].map(meaningOf);
  return [
    {
      ...publicRoute({
        path: '',
        weight: 1,
        tag: 'errors',
        operationId: 'listErrors',
        summary: 'Every kind of problem',
        answer: ProblemMeanings,
        handle: () => ({ items: all }),
      }),
      path: ERRORS_PATH,
    },
    {
      ...publicRoute({
        path: '',
        weight: 1,
        tag: 'errors',
        operationId: 'getError',
        summary: 'What a problem means',
        params: {
          code: Type.String({ pattern: '^[A-Za-z_-]{1,64}$', description: 'the name of a problem' }),
        },
        answer: ProblemMeaning,
        problems: ['not-found'],
        handle: ({ params }) => {
          if (!PROBLEMS.has(params.code)) throw new Problem('not-found', `${ERRORS_PATH} lists the problems`);
          return meaningOf(params.code);
        },
      }),
      path: `${ERRORS_PATH}/:code`,
    },
  ];
}

function meaningOf(code: string): Static<typeof ProblemMeaning> {
  const { httpStatus, meaning, transient } = PROBLEMS.get(code) as {
    httpStatus: number;
    meaning: string;
    transient: boolean;
  };
  return {
    code,
    status: httpStatus,
    title: meaning,
    ...(code in Rejects ? { rejectCode: Rejects[code as RejectName].code } : {}),
    retry: transient,
  };
}
