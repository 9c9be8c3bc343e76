import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.signals import LabelMatcher, MetricSelector
from controller.errors import InputRefused
from controller.telemetry.compiler import Workload, compile_query, result_label
from tests.telemetry.promql_literals import literals, skeleton
from tests.telemetry.selectors import WEB, a_selector

WINDOW = timedelta(seconds=120)
PODS = "(web)-(?:[0-9]+|[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{5})"

# In the expressions, <depth code=~"500"> stands for {__name__="depth",namespace=~"shop",app=~"web",code=~"500"},
# and `sum of` for `sum by (namespace,app)`.
EXPRESSIONS = [
    (
        "a gauge is averaged over the window while its series lives",
        a_selector(),
        "sum of ((avg_over_time(<depth>[120s]) and <depth>))",
    ),
    (
        "a counter is a rate while a live series stands behind it, over a window seen from its beginning",
        a_selector(metric="hits_total", type="Counter"),
        """sum of (rate(<hits_total>[120s])) and group of (<hits_total>)
        and group of (present_over_time(<hits_total>[40s] offset 80s))""",
    ),
    (
        "the largest series of a workload",
        a_selector(metric="hits_total", type="Counter", aggregation="Max"),
        """max of (rate(<hits_total>[120s])) and group of (<hits_total>)
        and group of (present_over_time(<hits_total>[40s] offset 80s))""",
    ),
    (
        "the average over the series of a workload",
        a_selector(aggregation="Average"),
        "avg of ((avg_over_time(<depth>[120s]) and <depth>))",
    ),
    (
        "matchers come after the forced ones",
        a_selector(matchers=[{"label": "code", "values": ["500", "503"]}]),
        'sum of ((avg_over_time(<depth code=~"500|503">[120s]) and <depth code=~"500|503">))',
    ),
    (
        "values that are not wanted",
        a_selector(matchers=[{"label": "job", "operator": "NotIn", "values": ["a.b"]}]),
        r'sum of ((avg_over_time(<depth job!~"a\\.b">[120s]) and <depth job!~"a\\.b">))',
    ),
    (
        "a classic histogram is a percentile of summed buckets, 0 while nothing is counted",
        a_selector(metric="seconds", type="Histogram", percentile=95),
        """(histogram_quantile(0.95,sum by (namespace,app,le) (rate(<seconds_bucket>[120s]))) >= 0
        or sum of (rate(<seconds_count>[120s])) == 0) and group of (<seconds_count>)""",
    ),
    (
        "a native histogram is a percentile of summed histograms, 0 while nothing is counted",
        a_selector(metric="seconds", type="NativeHistogram", percentile=99),
        """(histogram_quantile(0.99,sum of (rate(<seconds>[120s]))) >= 0
        or histogram_count(sum of (rate(<seconds>[120s]))) == 0) and group of (<seconds>)""",
    ),
    (
        "a ratio of a metric to itself is 0 where no series matches above",
        a_selector(
            metric="hits_total",
            type="Counter",
            matchers=[{"label": "code", "values": ["500"]}],
            divideBy={"metric": "hits_total"},
        ),
        """((sum of (rate(<hits_total code=~"500">[120s])) or sum of (rate(<hits_total>[120s])) * 0)
        / (sum of (rate(<hits_total>[120s])) > 0) or sum of (rate(<hits_total>[120s])) == 0)
        and group of (<hits_total>)""",
    ),
    (
        "a ratio of two metrics needs both",
        a_selector(metric="errors_total", type="Counter", divideBy={"metric": "hits_total"}),
        """(sum of (rate(<errors_total>[120s])) / (sum of (rate(<hits_total>[120s])) > 0)
        or sum of (rate(<errors_total>[120s])) == 0 and sum of (rate(<hits_total>[120s])) == 0)
        and group of (<hits_total>)""",
    ),
]


def in_full(expression: str) -> str:
    """Return the expression with its abbreviations written out."""

    def selector(match: re.Match[str]) -> str:
        further = "," + match[2].strip() if match[2] else ""
        return f'{{__name__="{match[1]}",namespace=~"shop",app=~"web"{further}}}'

    written_out = re.sub(r"<([a-z_]+)( [^>]*)?>", selector, re.sub(r"\s*\n\s*", " ", expression))
    return re.sub(r"\b(sum|max|avg|group) of ", r"\1 by (namespace,app) ", written_out)


@pytest.mark.parametrize(
    ("selector", "expected"), [case[1:] for case in EXPRESSIONS], ids=[case[0] for case in EXPRESSIONS]
)
def test_a_selector_compiles_to_this_promql(selector: MetricSelector, expected: str) -> None:
    assert compile_query(selector, [WEB], window=WINDOW) == in_full(expected)


def test_with_the_pod_label_the_workload_is_taken_out_of_the_pods_name() -> None:
    query = compile_query(a_selector(workloadLabel="pod"), [WEB], window=WINDOW)

    series = f'{{__name__="depth",namespace=~"shop",pod=~"{PODS}"}}'
    value = f'label_replace((avg_over_time({series}[120s]) and {series}),"headroom_workload","$1$2","pod","{PODS}")'
    assert query == f"sum by (namespace,headroom_workload) ({value})"


def test_many_workloads_are_one_query() -> None:
    workloads = [Workload("shop", "web"), Workload("bank", "api"), Workload("shop", "api")]

    query = compile_query(a_selector(), workloads, window=WINDOW)

    assert query.count('namespace=~"bank|shop",app=~"api|web"') == query.count("__name__")


def test_equal_sets_of_workloads_give_equal_queries() -> None:
    workloads = [Workload("shop", "web"), Workload("bank", "api")]

    queries = {compile_query(a_selector(), order, window=WINDOW) for order in (workloads, workloads[::-1] * 2)}

    assert len(queries) == 1


@pytest.mark.parametrize(("label", "expected"), [("pod", "headroom_workload"), ("queue", "queue")])
def test_the_answer_names_the_workload_under(label: str, expected: str) -> None:
    assert result_label(a_selector(workloadLabel=label)) == expected


REFUSED = [
    ("a matcher on namespace", {"matchers": [{"label": "namespace", "values": ["bank"]}]}, "Headroom sets it"),
    ("a matcher on the metric's name", {"matchers": [{"label": "__name__", "values": ["up"]}]}, "Headroom sets it"),
    (
        "a matcher on namespace in the divisor",
        {"divideBy": {"metric": "up", "matchers": [{"label": "namespace", "values": ["bank"]}]}},
        "Headroom sets it",
    ),
    ("the namespace as workload label", {"workloadLabel": "namespace"}, "workloadLabel must not be"),
    ("the bucket's bound as workload label", {"workloadLabel": "le"}, "workloadLabel must not be"),
    ("a bucket's name", {"metric": "a_bucket", "type": "Histogram", "percentile": 95}, "without its suffix: write 'a'"),
    ("half a character", {"matchers": [{"label": "job", "values": ["\ud800"]}]}, "not valid Unicode"),
]


@pytest.mark.parametrize(("fields", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_selector_that_would_get_around_the_forced_matchers_is_refused(
    fields: dict[str, object], sentence: str
) -> None:
    matchers = fields.pop("matchers", None)
    selector = a_selector(**fields)
    if matchers:  # what validation of people's input already refuses must be refused here as well
        built = tuple(LabelMatcher.model_construct(**matcher) for matcher in matchers)  # type: ignore[attr-defined]
        selector = selector.model_copy(update={"matchers": built})

    with pytest.raises(InputRefused, match=sentence):
        compile_query(selector, [WEB], window=WINDOW)


@pytest.mark.parametrize("workloads", [[], [Workload("", "web")], [Workload("shop", "")]])
def test_a_query_for_nobody_or_everybody_is_refused(workloads: list[Workload]) -> None:
    with pytest.raises(InputRefused, match="needs workloads"):
        compile_query(a_selector(), workloads, window=WINDOW)


hostile = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30) | st.sampled_from(
    ['"', '"} or up{x="', "\\", '\\"', "a\nb", "a|.*", ".*", "(", "[", "}", "{{", "$1", "#", "`", "é", "\x00", "\x7f"]
)


@given(namespace=hostile, name=hostile, value=hostile, label=st.sampled_from(["app", "pod"]))
def test_hostile_text_never_leaves_its_string_literal(namespace: str, name: str, value: str, label: str) -> None:
    def compiled(workload: Workload, text: str) -> str:
        matcher = {"label": "job", "values": [text]}
        return compile_query(a_selector(workloadLabel=label, matchers=[matcher]), [workload], window=WINDOW)

    query = compiled(Workload(namespace, name), value)

    assert skeleton(query) == skeleton(compiled(WEB, "job"))


@given(text=hostile)
def test_a_matcher_means_exactly_the_text_it_was_given(text: str) -> None:
    query = compile_query(a_selector(), [Workload(text, text)], window=WINDOW)

    meant = literals(query)[1]
    # Undoing RE2's quoting character by character must give the text back, with no bare metacharacter left.
    bare, quoted = [], iter(meant)
    for character in quoted:
        assert character not in ".+*?()|[]{}^$"
        bare.append(next(quoted) if character == "\\" else character)
    assert "".join(bare) == text
