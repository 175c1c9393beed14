"""datatrove's side, in its own environment: MinHash signatures, buckets and clusters of the documents in a file.

Reads {"texts", "ngram", "bands", "rows", "work"} from the file named, prints {"seconds", "clusters"} as JSON: the
time of its three steps, and for each document the number of its cluster, or -1.
"""

import contextlib
import json
import struct
import sys
import time
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig


def main(spec: dict) -> dict:
    work = Path(spec["work"])
    config = MinhashConfig(
        n_grams=spec["ngram"],
        num_buckets=spec["bands"],
        hashes_per_bucket=spec["rows"],
        hash_config=HashConfig(precision=64),
    )
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(spec["texts"])]
    signature = MinhashDedupSignature(str(work / "signatures"), config, language="eng")
    signature.get_shingles("The tokenizer is loaded before the clock starts.")
    wall, cpu = time.perf_counter(), time.process_time()
    signature.run(documents, 0, 1)
    signed = time.process_time()
    for band in range(spec["bands"]):
        MinhashDedupBuckets(str(work / "signatures"), str(work / "buckets"), config=config).run(
            None, band, spec["bands"]
        )
    MinhashDedupCluster(str(work / "buckets"), str(work / "clusters"), config=config, save_cluster_id=True).run(None)
    end = time.process_time()
    clusters = [-1] * len(documents)
    file = work / "clusters" / "000000.clusters"
    for number, cluster in struct.iter_unpack("<II", file.read_bytes() if file.exists() else b""):
        clusters[number] = cluster
    return {"wall": time.perf_counter() - wall, "sign": signed - cpu, "find": end - signed, "clusters": clusters}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        answer = main(json.loads(Path(sys.argv[1]).read_text()))
    print(json.dumps(answer))
