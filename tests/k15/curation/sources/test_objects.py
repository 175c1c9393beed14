"""Objects of S3 as streams."""

import contextlib
import random
import socket
import threading
from urllib.parse import urlsplit

import boto3
import pytest

from k15.curation.sources.objects import S3Object, open_url
from k15.errors import ArtifactError

SIZE = 3_000_000


@pytest.fixture
def stored(s3_bucket):
    content = random.Random(1).randbytes(SIZE)
    boto3.client("s3").put_object(Bucket=s3_bucket.removeprefix("s3://"), Key="a", Body=content)
    return f"{s3_bucket}/a", content


def pipe(source, target, limit):
    """Copies at most `limit` bytes, then cuts the connection."""
    with contextlib.suppress(OSError):
        while limit > 0 and (data := source.recv(min(limit, 65536))):
            target.sendall(data)
            limit -= len(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def unreliable(s3_server):
    """A way to the S3 server that breaks after a million bytes."""
    target = urlsplit(s3_server)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((target.hostname, target.port))
            threading.Thread(target=pipe, args=(client, server, 1 << 40), daemon=True).start()
            threading.Thread(target=pipe, args=(server, client, 1_000_000), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_reads_from_anywhere(stored):
    url, content = stored
    with open_url(url) as stream:
        assert stream.read(10) == content[:10]
        stream.seek(-10, 2)
        assert stream.read() == content[-10:]
        stream.seek(1_500_000)
        assert stream.read(7) == content[1_500_000:1_500_007]
        stream.seek(0)
        assert stream.read() == content


def test_an_interrupted_transfer_is_taken_up_where_it_broke(stored, unreliable, monkeypatch):
    url, content = stored
    monkeypatch.setenv("AWS_ENDPOINT_URL", unreliable)
    with open_url(url) as stream:
        assert stream.read() == content


def test_an_object_that_is_replaced_meanwhile_ends_the_run(stored, s3_bucket):
    url, content = stored
    stream = S3Object(url)
    assert stream.read(10) == content[:10]
    boto3.client("s3").put_object(Bucket=s3_bucket.removeprefix("s3://"), Key="a", Body=bytes(SIZE))
    stream.seek(1_000_000)
    with pytest.raises(ArtifactError, match="s3://"):
        stream.read(10)


def test_a_missing_object(s3_bucket):
    with pytest.raises(FileNotFoundError):
        open_url(f"{s3_bucket}/nothing")
