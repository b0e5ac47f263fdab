import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limits } from '#domain/limits.ts';
import { AnswerBudget, Answers } from './answers.ts';

test('Answers: keep a bounded number of questions', () => {
  const budget = new AnswerBudget();
  const answers = new Answers<string>(budget);
  for (let question = 0; question <= Limits.VIEW_ANSWERS_KEPT_MAX; question++) {
    assert.equal(answers.get(question), undefined);
    assert.equal(answers.keep(question, `answer ${question}`, 10), `answer ${question}`);
    assert.equal(answers.get(question), `answer ${question}`);
    assert.ok(budget.keptLevels <= 10 * Limits.VIEW_ANSWERS_KEPT_MAX);
  }
  answers.clear();
  answers.clear();
  assert.equal(budget.keptLevels, 0);
});

test('AnswerBudget: the answers of all books are dropped when they are too much', () => {
  const budget = new AnswerBudget();
  const [first, second] = [new Answers<string>(budget), new Answers<string>(budget)];
  const half = Limits.VIEW_ANSWER_LEVELS_MAX / 2;
  first.keep(1, 'one', half);
  second.keep(1, 'two', half);
  assert.deepEqual([first.get(1), second.get(1)], ['one', 'two']);
  second.keep(2, 'three', 1);
  assert.deepEqual([first.get(1), second.get(1), second.get(2)], [undefined, undefined, 'three']);
  assert.equal(budget.keptLevels, 1);
  first.keep(1, 'more than fits', 3 * half);
  assert.equal(second.get(2), undefined);
  assert.equal(first.get(1), 'more than fits');
  second.keep(2, 'again', 1);
  assert.equal(first.get(1), undefined);
  assert.equal(budget.keptLevels, 1);
});
