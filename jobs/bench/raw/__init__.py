"""Engines with nothing around them, one file each: `drain(model, jobs, warm_up, feed)` says how fast all jobs were drawn."""
