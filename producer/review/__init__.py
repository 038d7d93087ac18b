"""`ocrfleet review`: pages for a browser that show each document before and after, what changed and why."""

from producer.review.folder import Review, Reviewed

__all__ = ["Review", "Reviewed"]
