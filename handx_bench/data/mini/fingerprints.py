"""SHA-256 of each split's clip ids and motions; see :func:`~handx_bench.data.mini.builder.fingerprint`.

They change only together with ``VERSION``; published numbers name them.
"""

from __future__ import annotations

FINGERPRINT = {
    "train": "ab33aea0a7751af72088a6102283b318ecd15276d142131f5d9c9637d8493c35",
    "validation": "59083a68cd2506e29b8a74c4a7c16b726e5b1ab7de818427f53135651de6b853",
    "test": "55befd1034a399c85c46b56dc3f0b976c352027729bacf10a6b4702e8d3a3e87",
}
