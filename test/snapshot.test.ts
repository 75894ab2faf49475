import { scrubbed } from './support/scrub';
import { TestStack } from './support/synth';

test('the minimal pipeline is this template', () => {
  const stack = new TestStack();
  stack.pipeline();
  expect(scrubbed(stack.template.toJSON())).toMatchSnapshot();
});
