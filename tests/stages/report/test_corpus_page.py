"""The page about the corpus: its figures are those of the artifacts, its samples do not depend on their order."""

import base64
import io
import re
from collections import Counter
from pathlib import Path

from PIL import Image

from stages.report import corpus_facts, corpus_page
from stages.report.corpus_facts import PICTURES, SAMPLES, Cluster, Sampler
from tests.stages.report import corpus


def page_of(root: Path) -> str:
    corpus.write_artifacts(root)
    return corpus_page.render(corpus.METRICS, corpus_facts.load(root))


def test_distributions_are_counted_by_hand(tmp_path: Path) -> None:
    corpus.write_artifacts(tmp_path)
    found = corpus_facts.load(tmp_path)
    # math has 5, 7, ..., 23 tokens, code 6, 8, ..., 24
    assert found.lengths == {"math": {4: 2, 8: 4, 16: 4}, "code": {4: 1, 8: 4, 16: 5}}
    # probabilities 0.5, 0.55, ..., 0.95 and 0.525, 0.575, ..., 0.975
    assert found.quality == {domain: {0.5: 2, 0.6: 2, 0.7: 2, 0.8: 2, 0.9: 2} for domain in ("math", "code")}
    assert found.labels == {"programming_language": {"C <old>": 10}, "identified_language": {"en": 10}}
    assert [(kept, cluster.size, cluster.across) for kept, cluster in found.clusters] == [("code/0", 3, 1)]


def test_what_the_page_shows(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    cells = [[cell for cell in row.split("|") if cell] for row in rows]
    assert ["code", "generated", "100", "80", "80%", "1,000", "too_short 10, repetition 5", "exact 4, near 1"] in cells
    assert ["code", "1.50", "2.25", "1,900", "77"] in cells
    assert ["math", "0.75", "3.00", "1,234", "0"] in cells
    assert ["code/0", "3", "exact 2, near 1", "0.75", "1", "code/10, code/11, code/12"] in cells
    assert "99.5%" in page and "0.875" in page
    assert page.count("excerpt &lt;") == SAMPLES and "(3)" in page
    assert page.count("text &lt;") == 2 * SAMPLES
    assert ["vision", "photos", "9", "6", "67%", "unreadable 2", "exact 1"] in cells


def test_pictures_are_a_sheet_a_kind_of_bounded_size(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"><p>([^<]+)</p>', page)
    assert page.count("data:image/") == 2 == len(found)
    assert [len(ids.split(", ")) for _, ids in found] == [PICTURES, 2]
    images = [Image.open(io.BytesIO(base64.b64decode(data))) for data, _ in found]
    assert [image.format for image in images] == ["JPEG", "JPEG"]
    assert max(len(data) for data, _ in found) < 1 << 20 < PICTURES * 270_000


def test_clusters_keep_counts_and_a_few_ids() -> None:
    cluster = Cluster()
    for number in range(1000):
        cluster.add(
            {"id": f"d/{number}", "kind": "near", "similarity": 0.75 + number / 10_000, "across": number % 4 == 0}
        )
    assert cluster == Cluster(Counter(near=1000), 0.75, 250, ["d/0", "d/1", "d/2"])


def test_samples_do_not_depend_on_the_order() -> None:
    rows = [{"id": f"d/{n}"} for n in range(100)]
    chosen = []
    for given in (rows, rows[::-1], rows[50:] + rows[:50]):
        sampler = Sampler(5)
        for row in given:
            sampler.add("all", row)
        chosen.append([row["id"] for row in sampler.chosen()["all"]])
    assert chosen[0] == chosen[1] == chosen[2] and len(set(chosen[0])) == 5
