"""What is measured: problems of one family and difficulty, with a policy at a temperature."""

from dataclasses import dataclass

TARGETS = (0.3, 0.6, 0.85)
"""Shares of right solutions that the temperatures of the grid were chosen for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A family at a difficulty, and how its solutions are drawn."""

    family: str
    difficulty: int
    policy: str
    temperature: float
    max_tokens: int
    target: float | None = None
    """The pass@1 that the temperature is to give; None outside the grid."""
    solutions: int = 30
    """Right ones that are recorded, and as many wrong ones."""
    samples: int = 8
    """Rollouts of each prefix: what `fixed` draws, or twice that for a second opinion."""

    @property
    def name(self) -> str:
        """Family and difficulty, and the target where there is one."""
        return f"{self.family}/{self.difficulty}" + (f" at {self.target:g}" if self.target is not None else "")


_TEMPERATURES: dict[int, tuple[float, float, float]] = {
    4: (1.36, 1.13, 0.9),
    8: (1.15, 0.96, 0.77),
    16: (0.975, 0.835, 0.705),
}
"""By steps: what gives TARGETS, between the temperatures of a sweep (64 problems, 8 samples each)."""

_SIZES: dict[int, tuple[int, int]] = {4: (180, 16), 8: (160, 8), 16: (44, 8)}
"""By steps: solutions and samples. A solution of 16 steps takes 12,000 tokens with 8 samples, one of 4 steps 1,200 with 16: so
the grid takes about seven million, and many short solutions come before few long ones. A second opinion is had on short ones."""

GRID = tuple(
    Cell(
        family="residues",
        difficulty=steps,
        policy="residues",
        temperature=temperature,
        max_tokens=256,
        target=target,
        solutions=_SIZES[steps][0],
        samples=_SIZES[steps][1],
    )
    for steps, temperatures in _TEMPERATURES.items()
    for target, temperature in zip(TARGETS, temperatures, strict=True)
)
"""Steps are the difficulty, errors do not heal, and no answer can be guessed: `pipeline/families/residues.py`."""

AS_THEY_COME = (
    *(
        Cell(family=family, difficulty=4, policy="math", temperature=1.0, max_tokens=160)
        for family in ("words", "linear", "expressions")
    ),
    *(Cell(family="outputs", difficulty=stages, policy="code", temperature=0.7, max_tokens=512) for stages in (1, 2)),
)
"""Outside the grid: what the other embedded policies do."""


def cell(text: str) -> Cell:
    """Return the cell of that name, or the one that FAMILY/DIFFICULTY:POLICY:TEMPERATURE describes. Raises ValueError."""
    for known in (*GRID, *AS_THEY_COME):
        if text == known.name:
            return known
    try:
        kind, policy, temperature = text.split(":")
        family, difficulty = kind.split("/")
        return Cell(
            family=family, difficulty=int(difficulty), policy=policy, temperature=float(temperature), max_tokens=512
        )
    except ValueError:
        names = ", ".join(known.name for known in (*GRID, *AS_THEY_COME))
        raise ValueError(f"no cell {text!r}: {names}, or FAMILY/DIFFICULTY:POLICY:TEMPERATURE") from None
