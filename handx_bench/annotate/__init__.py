"""From motion to words and back: motion codes, descriptions, language models, and text checked against motion.

The way: :mod:`.codes` turns a motion into events and states → :mod:`.describe` says them by rules, :mod:`.llm` has a
language model say them → :mod:`.claims` reads any text and checks what it claims against the codes → :mod:`.run` does
it for a whole dataset.
"""
