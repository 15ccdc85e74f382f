"""A reader of QTI 1.2 that answers items as a learning platform does, and is strict about form."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
CP = "{http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1}"


class Reply(NamedTuple):
    """What comes of an answer: the score, and what is told by its name."""

    score: int
    told: dict[str, str]


class Question:
    """An item of a file."""

    def __init__(self, item: Element) -> None:
        order = [child.tag.removeprefix(QTI) for child in item]
        assert order[:3] == ["itemmetadata", "presentation", "resprocessing"]
        assert set(order[3:]) == {"itemfeedback"}
        self.ident, self.title = item.attrib["ident"], item.attrib["title"]
        fields = {label.text: entry.text for label, entry in item.iter(f"{QTI}qtimetadatafield")}
        assert fields.keys() == {"question_type", "points_possible"}
        assert fields["points_possible"] == "1"
        self.type = fields["question_type"]
        self.text = _html(item.find(f"{QTI}presentation"))
        labels = item.findall(f".//{QTI}render_choice/{QTI}response_label")
        self.labels = {_html(label): label.attrib["ident"] for label in labels}
        assert len(self.labels) == len(labels)
        self.feedback = {
            each.attrib["ident"]: _html(each.find(f"{QTI}flow_mat"))
            for each in item.findall(f"{QTI}itemfeedback")
        }
        self.conditions = item.findall(f"{QTI}resprocessing/{QTI}respcondition")
        linked = {each.attrib["linkrefid"] for each in item.iter(f"{QTI}displayfeedback")}
        assert linked == self.feedback.keys()

    def answer(self, *texts: str) -> Reply:
        """Answer with a number, or with the texts of what is chosen."""
        given = {self.labels[text] for text in texts} if self.labels else set(texts)
        score, told = 0, {}
        for condition in self.conditions:
            test, *rest = condition
            if not _true(test[0], given):
                continue
            for each in rest:
                if each.tag == f"{QTI}setvar":
                    score = int(each.text or "")
                else:
                    name = each.attrib["linkrefid"]
                    told[name] = self.feedback[name]
            if condition.attrib["continue"] == "No":
                break
        return Reply(score, told)


def _true(test: Element, given: set[str]) -> bool:
    match test.tag.removeprefix(QTI):
        case "and":
            return all(_true(each, given) for each in test)
        case "or":
            return any(_true(each, given) for each in test)
        case "not":
            return not _true(test[0], given)
        case "other":
            return True
        case "varequal":
            return test.text in given
        case "vargte":
            return all(int(each) >= int(test.text or "") for each in given)
        case "varlte":
            return all(int(each) <= int(test.text or "") for each in given)
    raise AssertionError(test.tag)


def _html(parent: Element | None) -> str:
    assert parent is not None
    text = parent.find(f"{QTI}material/{QTI}mattext")
    assert text is not None
    assert text.attrib == {"texttype": "text/html"}
    return text.text or ""


def read(packed: bytes) -> dict[tuple[str, str], list[Question]]:
    """Read a zip file: the items of each section, by the quiz's title and the section's."""
    package = ZipFile(BytesIO(packed))
    manifest = fromstring(package.read("imsmanifest.xml"))
    resources = manifest.findall(f"{CP}resources/{CP}resource")
    assert {each.attrib["type"] for each in resources} == {"imsqti_xmlv1p2"}
    files = [each[0].attrib["href"] for each in resources]
    assert sorted([*files, "imsmanifest.xml"]) == sorted(package.namelist())
    found = {}
    for file in files:
        quiz = fromstring(package.read(file)).find(f"{QTI}assessment")
        assert quiz is not None
        for section in quiz.findall(f"{QTI}section/{QTI}section"):
            drawn = section.findtext(
                f"{QTI}selection_ordering/{QTI}selection/{QTI}selection_number"
            )
            assert drawn == "1"
            items = [Question(item) for item in section.findall(f"{QTI}item")]
            found[quiz.attrib["title"], section.attrib["title"]] = items
    return found
