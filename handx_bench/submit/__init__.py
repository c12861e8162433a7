"""Submissions: bundles, their validation, stores, the worker, records and the ranked table.

``bundle`` and ``manifest`` say what is sent, ``validate`` checks it on both sides, ``store`` is what any store does and
``local_store`` the one in a folder, ``worker`` scores, ``record`` keeps the result, ``board`` and ``columns`` rank and show it.
"""
