"""The error vocabulary.

    StepmillError             anything the user can act on; its message names file, line and remedy
    ├── ConfigError           a configuration that cannot be run
    ├── SourceError           one input row that cannot be used (the run goes on without it)
    ├── PolicyError           model files that are missing or damaged
    ├── EngineError           an engine died, hung or refused work, beyond the retries it is given
    ├── ContinuationError     a model that cannot continue an exact prefix was asked for step labels
    └── StorageError          shards, manifest or journal that cannot be read or written

Errors of one problem become a row (`pipeline/attempt.py`); errors of the whole run end it with exit code 2.
"""


class StepmillError(Exception):
    """The root of everything this project raises on purpose."""


class ConfigError(StepmillError):
    """A configuration that cannot be run; the message names the key and the nearest known one."""


class SourceError(StepmillError):
    """One input row that cannot be used; the message names file and line."""


class PolicyError(StepmillError):
    """Model files that are missing or damaged; the message names the path and the command that restores them."""


class EngineError(StepmillError):
    """An engine died, hung or refused work, beyond the restarts it is given."""


class ContinuationError(StepmillError):
    """Step labels need a model that can continue an exact prefix; this one cannot."""


class StorageError(StepmillError):
    """Shards, manifest or journal that cannot be read or written; the message names the path."""
