"""All stages: what a small program may do to a value of each kind, and every stage by its name."""

from pipeline.families.small_programs.list_stages import LIST
from pipeline.families.small_programs.number_stages import NUMBER
from pipeline.families.small_programs.stage import Kind, Stage
from pipeline.families.small_programs.text_stages import TEXT

STAGES: dict[Kind, tuple[Stage, ...]] = {"int": NUMBER, "list": LIST, "str": TEXT}
BY_NAME = {stage.name: stage for stages in STAGES.values() for stage in stages}
