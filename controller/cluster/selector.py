"""Label selectors: from the object that a workload carries to the string that a list takes. Pure."""

from typing import Literal

from controller.cluster.wire import Wire

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]
FORMS: dict[Operator, str] = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


class Requirement(Wire):
    """One expression of a label selector."""

    key: str
    operator: Operator
    values: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return FORMS[self.operator].format(key=self.key, values=",".join(self.values or ()))


class LabelSelector(Wire):
    """As in metav1.LabelSelector; its string is what `labelSelector=` takes."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] | None = None

    def __str__(self) -> str:
        labels = [f"{key}={value}" for key, value in (self.match_labels or {}).items()]
        return ",".join([*labels, *(str(requirement) for requirement in self.match_expressions or ())])
