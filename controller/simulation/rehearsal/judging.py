"""Judging: what all patterns together say of a policy's promises, the broken ones as well as those nobody could see."""

from collections.abc import Iterator, Sequence

from controller.simulation.rehearsal.capacity_promises import capacity_promises
from controller.simulation.rehearsal.rehearse import Rehearsed
from controller.simulation.rehearsal.rule_promises import rule_promises
from controller.simulation.rehearsal.verdict import Outcome, Verdict, untested


def judge(runs: Sequence[Rehearsed]) -> Sequence[Verdict]:
    """Return a verdict for each promise and pattern that tested it, and one for each promise that none did."""
    found = [verdict for run in runs for verdict in (*capacity_promises(run), *rule_promises(run))]
    tested = [verdict for verdict in found if verdict.outcome is not Outcome.NOT_REHEARSED]
    known = {verdict.promise for verdict in tested}
    # Of several patterns the last says most: loads rise from pattern to pattern.
    others = {verdict.promise: verdict for verdict in found if verdict.promise not in known}
    return [*tested, *others.values(), *_left_out(runs)]


def _left_out(runs: Sequence[Rehearsed]) -> Iterator[Verdict]:
    """Yield what of the policy took no part, the same for all runs of it."""
    for part, why in (runs[0].stage.left_out if runs else {}).items():
        yield untested(part, why)
