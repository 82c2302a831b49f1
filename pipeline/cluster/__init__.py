"""The flow on Ray, which only this folder imports: actors under a driver of our own that waits for nothing without a deadline."""
