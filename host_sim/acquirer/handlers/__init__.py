"""One file a transaction. A handler takes a Call and returns an Answer; the server seals it."""
