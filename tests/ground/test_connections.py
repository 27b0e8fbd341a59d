"""A connection that is kept alive serves the next request, whatever became of the last one's body."""

import requests

from tests.conftest import Store


def test_a_refusal_that_reads_no_body_leaves_the_connection_in_step(store: Store) -> None:
    http = requests.Session()
    for size in (0, 10, 700, 5_000, 70_000, 200_000):
        refused = http.post(f"{store.url}/v2/regions", json={"x": "y" * size}, timeout=10)
        assert refused.status_code == 405
        assert http.get(f"{store.url}/v2/regions", timeout=10).status_code == 200
