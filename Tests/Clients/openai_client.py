"""The official Python client of OpenAI: chats, events, samples, log-probabilities, completions, errors."""

import concurrent.futures
import sys

import openai

address, name = sys.argv[1:3]
client = openai.OpenAI(base_url=address + "/v1", api_key="none", max_retries=0)
base, safe = f"{name}:base", f"{name}:safe"
contrast = f"{name}:instructive-null-0.3"
QUESTION = [{"role": "user", "content": "Write a long story about a river."}]


def ask(model=base, messages=QUESTION, **more):
    options = {"temperature": 0, "max_tokens": 16, **more}
    return client.chat.completions.create(model=model, messages=messages, **options)


models = [model.id for model in client.models.list()]
assert {base, safe, contrast} <= set(models), models
assert client.models.retrieve(base).id == base

plain = ask()
text = plain.choices[0].message.content
assert text and plain.choices[0].finish_reason == "length" and plain.usage.completion_tokens == 16
assert ask(contrast).choices[0].message.content != text

# The answer in pieces, with what was used.
pieces, usage = "", None
for chunk in ask(stream=True, stream_options={"include_usage": True}):
    pieces += "".join(choice.delta.content or "" for choice in chunk.choices)
    usage = chunk.usage or usage
assert pieces == text and usage.completion_tokens == 16, (pieces, text)

# Samples depend on the seed alone, and there are several of them.
samples = [choice.message.content for choice in ask(n=3, temperature=1, seed=5).choices]
assert samples == [choice.message.content for choice in ask(n=3, temperature=1, seed=5).choices]
assert len(set(samples)) > 1

told = ask(logprobs=True, top_logprobs=3).choices[0].logprobs.content
assert len(told) == 16 and all(len(token.top_logprobs) == 3 for token in told)
assert all(token.logprob == token.top_logprobs[0].logprob for token in told), "greedy takes the likeliest"
assert "".join(token.token for token in told) == text

stop = text[6:10]
stopped = ask(stop=[stop]).choices[0]
assert stopped.message.content == text[: text.index(stop)] and stopped.finish_reason == "stop"

# Several turns, with a system message.
longer = ask(messages=[
    {"role": "system", "content": "Answer in one word."}, {"role": "user", "content": "Say red."},
    {"role": "assistant", "content": "Red."}, {"role": "user", "content": "Say blue."}])
assert longer.choices[0].message.content and longer.usage.prompt_tokens > 20

# A method's parameters are fields of the request.
assert ask(f"{name}:instructive-null", extra_body={"alpha": 0.3}).choices[0].message.content == ask(
    contrast).choices[0].message.content

completion = client.completions.create(model=base, prompt=["One, two,", [260, 314]], max_tokens=4, temperature=0)
assert [choice.index for choice in completion.choices] == [0, 1]
echoed = client.completions.create(model=base, prompt="One, two, three", max_tokens=1, echo=True, logprobs=2)
lists = echoed.choices[0].logprobs
assert lists.token_logprobs[0] is None and all(value <= 0 for value in lists.token_logprobs[1:])
assert echoed.choices[0].text.startswith("One, two, three") and len(lists.tokens) == len(lists.text_offset)

# Many at the same time are the same as one.
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    assert {answer.choices[0].message.content for answer in pool.map(lambda _: ask(), range(16))} == {text}


def refused(kind, code, **more):
    try:
        ask(**more)
    except kind as error:
        assert error.code == code, (error.code, code)
        return
    raise AssertionError(f"{code}: it was answered")


refused(openai.NotFoundError, "model_not_found", model="nobody")
refused(openai.BadRequestError, "unsupported_parameter", logit_bias={"5": 1})
refused(openai.BadRequestError, "invalid_value", temperature=-1)
refused(openai.BadRequestError, "context_length_exceeded", messages=[{"role": "user", "content": "word " * 9000}])
refused(openai.PermissionDeniedError, "adversarial_method", model=f"{name}:opposite")
print("openai: models, chats, events, samples, log-probabilities, stops, turns, completions and errors are right")
