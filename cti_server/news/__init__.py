"""What happened, for others to be told of: a row in the transaction of what it tells, taken away when it was passed on.

Every context may `tell`; only webhooks `take`. Nothing is kept here: history has its own tables.
"""

from cti_server.news.queries import News, take, tell

__all__ = ["News", "take", "tell"]
