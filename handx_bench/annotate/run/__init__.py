"""Annotating a whole dataset: resumable, on one machine or on Ray, with the same result.

:func:`.dataset.annotate_dataset` is the way in. Whatever makes the texts is an annotator (:mod:`.annotator`), by rules
(:mod:`.rules`) or by a language model (:mod:`.model`). What is done is kept in a journal (:mod:`.journal`) from which
the dataset is written at the end (:mod:`.output`).
"""
