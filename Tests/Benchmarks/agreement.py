"""Whether two contenders computed the same thing. A ratio of times means nothing where the results differ."""

from dataclasses import asdict, dataclass
from typing import Any

Answer = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What a contender's results may differ by."""

    sameToken: bool
    equalTokens: float
    identicalAnswers: float
    loss: float
    gradientNorm: float

    def __str__(self) -> str:
        tokens = (f"a prompt's argmax and {self.equalTokens:.0%} of decoded tokens equal, "
                  f"{self.identicalAnswers:.0%} of answers identical, ") if self.sameToken else ""
        return f"{tokens}loss within {self.loss:.0e}, gradient's norm within {self.gradientNorm:.0e}"


# Both sides round 32-bit floats differently: among an evaluation's thousands of tokens a near tie may fall either way.
STRICT = Limits(sameToken=True, equalTokens=1.0, identicalAnswers=0.95, loss=1e-3, gradientNorm=1e-2)
# With bfloat16 or 8-bit activations greedy decoding soon takes another path: how soon is reported, not judged.
LOOSE = Limits(sameToken=False, equalTokens=0.0, identicalAnswers=0.0, loss=1e-2, gradientNorm=1e-1)


@dataclass(frozen=True)
class Agreement:
    passed: bool
    summary: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def agreement(work: str, ours: Answer, theirs: Answer, limits: Limits) -> Agreement:
    """Compares a contender's answer with the reference's."""
    if work == "prompt":
        same = ours["token"] == theirs["token"]
        return Agreement(same or not limits.sameToken, f"argmax {'the same' if same else 'differs'}")
    if work in ("decode", "contrast"):
        return tokens_agreement(ours["tokens"], theirs["tokens"], limits)
    if work == "evaluate":
        pairs = list(zip(ours["tokens"], theirs["tokens"], strict=True))
        same = sum(first == second for first, second in pairs)
        return Agreement(same / len(pairs) >= limits.identicalAnswers, f"{same} of {len(pairs)} answers identical")
    loss, norm = (abs(theirs[key] - ours[key]) / abs(ours[key]) for key in ("loss", "gradientNorm"))
    return Agreement(
        loss <= limits.loss and norm <= limits.gradientNorm, f"loss differs by {loss:.1e}, gradient's norm by {norm:.1e}")


def tokens_agreement(ours: list[int], theirs: list[int], limits: Limits) -> Agreement:
    """One sequence against another: where they part, and how many places hold the same token."""
    equal = [first == second for first, second in zip(ours, theirs, strict=True)]
    if all(equal):
        return Agreement(True, f"all {len(equal)} tokens equal")
    first, share = equal.index(False), sum(equal) / len(equal)
    return Agreement(
        share >= limits.equalTokens,
        f"first difference at token {first} of {len(equal)} ({theirs[first]}, not {ours[first]}), {share:.0%} equal")
