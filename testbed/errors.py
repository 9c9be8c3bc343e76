"""What can go wrong in the testbed, each with what to do."""


class TestbedError(Exception):
    """The testbed cannot go on; the message says what to do."""

    __test__ = False  # the name begins like a test class, and pytest would collect it


class BinaryMissing(TestbedError):
    """A binary is not in the cache."""


class BuildFailed(TestbedError):
    """Go did not build a module; the message ends with Go's last lines."""


class NotReady(TestbedError):
    """A server ended or did not answer before the deadline; the message ends with its last log lines."""


class CommandFailed(TestbedError):
    """A command (kubectl, helm, promtool) ended with an error; the message holds what it said."""
