"""What a run has done so far: numbers that add up, for the live display, the budget and the summary."""

from dataclasses import dataclass, fields


@dataclass(slots=True, kw_only=True)
class Counts:
    """Of one engine process, or the sum over all of them."""

    problems: int = 0
    traces: int = 0
    accepted: int = 0
    rollouts: int = 0
    """Completions drawn, those of whole solutions included."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    cancelled: int = 0
    """Completions given up before their end, because what they were for was decided; what they had decoded is in no count."""
    replayed: int = 0
    """Rollouts taken from the journal instead of being sampled again."""
    restarts: int = 0
    """Engine processes that died or hung and were replaced."""
    retried: int = 0
    """Requests that a server refused for the moment and that were sent again."""
    sample_s: float = 0.0
    """Engine time of the completions, each its fair share."""
    gpu_s: float = 0.0
    """The same times the GPUs of each one's engine. Completions that were cancelled are in neither."""
    dollars: float = 0.0
    """By the run's price table."""
    engine_s: float = 0.0
    """From the first sample handed to an engine to the last one back, summed over engines."""
    engine_steps: int = 0
    sequence_steps: int = 0
    """Sequences decoded, summed over the engines' steps; over `engine_steps` it is the mean batch."""

    def add(self, other: "Counts") -> None:
        """Add another process's numbers."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


def total(parts: "list[Counts]") -> Counts:
    """Return the sum."""
    whole = Counts()
    for part in parts:
        whole.add(part)
    return whole
