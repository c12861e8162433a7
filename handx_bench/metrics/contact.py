"""Contact timing as torchmetrics. Definitions: :mod:`.functional.contact`, facts: :mod:`.registry`."""

from __future__ import annotations

from .base import RatioMetric
from .functional import contact as f


class ContactEventF1(RatioMetric):
    """F1 of contact onsets, mean over 1, 2, 3 and 6 frames."""

    id = "contact_event_f1"
    functional = staticmethod(f.contact_event_f1)


class ContactOnsetError(RatioMetric):
    """Timing error of onsets matched within 15 frames."""

    id = "contact_onset_error"
    functional = staticmethod(f.contact_onset_error)


class ContactOffsetError(RatioMetric):
    """Timing error of offsets matched within 15 frames."""

    id = "contact_offset_error"
    functional = staticmethod(f.contact_offset_error)


class ContactIoU(RatioMetric):
    """Temporal intersection over union of contact."""

    id = "contact_iou"
    functional = staticmethod(f.contact_iou)


class ContactOccurrenceF1(RatioMetric):
    """F1 of 'did this contact ever occur', blind to time."""

    id = "contact_occurrence_f1"
    functional = staticmethod(f.contact_occurrence_f1)


class ContactStatistics(RatioMetric):
    """Differences of contact ratio, duration and frequency."""

    id = "contact_statistics"
    functional = staticmethod(f.contact_statistics)
